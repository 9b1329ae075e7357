//! Discovery: which groups, versions and resources there are, as clients ask for it; group by group, or all at once
//! (KEP-3352).

use crate::{
    catalog::Catalog,
    kind::{Kind, api_version},
};
use serde_json::{Value, json};

/// Groups without the core group, in the order of the table.
fn groups(served: &Catalog) -> Vec<&str> {
    let mut groups: Vec<&str> = Vec::new();
    for kind in served.iter().filter(|kind| !kind.group.is_empty()) {
        if !groups.contains(&&*kind.group) {
            groups.push(&kind.group);
        }
    }
    groups
}

/// The versions of a group, preferred first.
fn versions<'a>(served: &'a Catalog, group: &str) -> Vec<&'a str> {
    let mut versions: Vec<&str> = Vec::new();
    for kind in served.iter().filter(|kind| kind.group == group) {
        if !versions.contains(&&*kind.version) {
            versions.push(&kind.version);
        }
    }
    versions.sort_by_key(|version| std::cmp::Reverse(priority(version)));
    versions
}

/// Orders versions: stable before beta before alpha, newer before older
/// (`k8s.io/apimachinery/pkg/version/helpers.go`).
fn priority(version: &str) -> (u8, u32, u32) {
    let number = |text: &str| text.parse().unwrap_or(0);
    let text = version.trim_start_matches('v');
    match (text.split_once("beta"), text.split_once("alpha")) {
        (Some((major, minor)), _) => (1, number(major), number(minor)),
        (None, Some((major, minor))) => (0, number(major), number(minor)),
        (None, None) => (2, number(text), 0),
    }
}

/// `GET /api`.
#[must_use]
pub fn api_versions(served: &Catalog) -> Value {
    json!({"kind": "APIVersions", "versions": versions(served, ""), "serverAddressByClientCIDRs": []})
}

/// `GET /apis`.
#[must_use]
pub fn api_group_list(served: &Catalog) -> Value {
    let groups: Vec<_> = groups(served).into_iter().map(|group| group_document(served, group)).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `GET /apis/{group}`; `None` if there is no such group.
#[must_use]
pub fn api_group(served: &Catalog, group: &str) -> Option<Value> {
    let mut document = groups(served).contains(&group).then(|| group_document(served, group))?;
    document["kind"] = "APIGroup".into();
    document["apiVersion"] = "v1".into();
    Some(document)
}

fn group_document(served: &Catalog, group: &str) -> Value {
    let versions: Vec<_> = versions(served, group)
        .into_iter()
        .map(|version| json!({"groupVersion": api_version(group, version), "version": version}))
        .collect();
    json!({"name": group, "preferredVersion": versions.first(), "versions": versions})
}

/// `GET /api/{version}` and `GET /apis/{group}/{version}`; `None` if there is no such version.
#[must_use]
pub fn api_resource_list(served: &Catalog, group: &str, version: &str) -> Option<Value> {
    let rows: Vec<_> = served.iter().filter(|kind| (&*kind.group, &*kind.version) == (group, version)).collect();
    if rows.is_empty() {
        return None;
    }
    let resources: Vec<_> = rows.into_iter().flat_map(|kind| resource_documents(served, kind)).collect();
    let group_version = api_version(group, version);
    Some(json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources}))
}

fn resource_documents(served: &Catalog, kind: &Kind) -> Vec<Value> {
    let mut resource = json!({
        "name": kind.plural,
        "singularName": kind.singular(),
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": kind.verbs,
    });
    add_names(&mut resource, kind);
    let mut documents = vec![resource];
    documents.extend(served.subresources(kind).map(|subresource| {
        let mut document = json!({
            "name": format!("{}/{}", kind.plural, subresource.name),
            "singularName": "",
            "namespaced": kind.namespaced,
            "kind": subresource.body.as_ref().unwrap_or(kind).kind,
            "verbs": subresource.verbs,
        });
        if let Some(body) = subresource.body.as_ref().filter(|body| body.api_version() != kind.api_version()) {
            document["group"] = json!(body.group);
            document["version"] = json!(body.version);
        }
        document
    }));
    documents
}

fn add_names(document: &mut Value, kind: &Kind) {
    if !kind.short_names.is_empty() {
        document["shortNames"] = json!(kind.short_names);
    }
    if !kind.categories.is_empty() {
        document["categories"] = json!(kind.categories);
    }
}

/// `GET /api` of clients that want all of it at once; `version` is that of `apidiscovery.k8s.io`.
#[must_use]
pub fn aggregated_core(served: &Catalog, version: &str) -> Value {
    aggregated(served, version, &[""])
}

/// `GET /apis` of clients that want all of it at once.
#[must_use]
pub fn aggregated_groups(served: &Catalog, version: &str) -> Value {
    aggregated(served, version, &groups(served))
}

fn aggregated(served: &Catalog, version: &str, groups: &[&str]) -> Value {
    let items: Vec<_> = groups.iter().map(|group| aggregated_group(served, group)).collect();
    let api_version = format!("apidiscovery.k8s.io/{version}");
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": api_version, "metadata": {}, "items": items})
}

fn aggregated_group(served: &Catalog, group: &str) -> Value {
    let versions: Vec<_> = versions(served, group)
        .into_iter()
        .map(|version| {
            let rows = served.iter().filter(|kind| (&*kind.group, &*kind.version) == (group, version));
            let resources: Vec<_> = rows.map(|kind| aggregated_resource(served, kind)).collect();
            json!({"version": version, "freshness": "Current", "resources": resources})
        })
        .collect();
    let metadata = if group.is_empty() { json!({}) } else { json!({ "name": group }) };
    json!({"metadata": metadata, "versions": versions})
}

fn aggregated_resource(served: &Catalog, kind: &Kind) -> Value {
    let response_kind = |kind: &Kind| json!({"group": kind.group, "version": kind.version, "kind": kind.kind});
    let parts: Vec<_> = served
        .subresources(kind)
        .map(|subresource| {
            let body = response_kind(subresource.body.as_ref().unwrap_or(kind));
            json!({"subresource": subresource.name, "responseKind": body, "verbs": subresource.verbs})
        })
        .collect();
    let mut resource = json!({
        "resource": kind.plural,
        "responseKind": response_kind(kind),
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": kind.singular(),
        "verbs": kind.verbs,
    });
    add_names(&mut resource, kind);
    if !parts.is_empty() {
        resource["subresources"] = parts.into();
    }
    resource
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_maturity() {
        let mut versions = ["v1alpha1", "v1beta2", "v2", "v1", "v1beta1"];
        versions.sort_by_key(|version| std::cmp::Reverse(priority(version)));
        assert_eq!(versions, ["v2", "v1", "v1beta2", "v1beta1", "v1alpha1"]);
    }
}
