//! The roles and bindings that every cluster has (`plugin/pkg/auth/authorizer/rbac/bootstrappolicy`), read from the
//! tables in this folder.
//!
//! A line that is not indented begins an object: its kind, its namespace if it has one, its name; a binding has kind and
//! name of its role behind. `Controller` is a `ClusterRole` that is called after the controller's service account, and
//! its binding. The lines below it are
//!
//! - `VERBS GROUPS RESOURCES [NAMES]` or `VERBS PATHS`: a rule; lists have commas, the core group is `core`,
//! - `User NAME`, `Group NAME`, `ServiceAccount NAMESPACE NAME`: a subject of a binding,
//! - `whole-of NAME`: its rules are those of all roles that are `part-of NAME`.

use super::{GROUP, Rule};
use serde_json::{Value, json};

const TABLES: [&str; 4] = [
    include_str!("bootstrap/cluster.txt"),
    include_str!("bootstrap/controllers.txt"),
    include_str!("bootstrap/namespaces.txt"),
    include_str!("bootstrap/minke.txt"),
];

/// With `"false"` an object is left as it is.
pub(super) const AUTO_UPDATE: &str = "rbac.authorization.kubernetes.io/autoupdate";
const BOOTSTRAPPING: (&str, &str) = ("kubernetes.io/bootstrapping", "rbac-defaults");
const AGGREGATE: &str = "rbac.authorization.k8s.io/aggregate-to-";

/// All of them, roles before bindings.
#[must_use]
pub fn objects() -> Vec<Value> {
    let mut objects: Vec<Value> =
        TABLES.into_iter().flat_map(paragraphs).flat_map(|(head, lines)| read(head, &lines)).collect();
    objects.sort_by_key(|object| object.get("roleRef").is_some());
    objects
}

/// The rules of one of the cluster roles; empty if there is none of that name.
#[must_use]
pub fn cluster_role(name: &str) -> Vec<Rule> {
    let mut all = TABLES.into_iter().flat_map(paragraphs);
    let found = all.find(|(head, _)| head.split_once(' ') == Some(("ClusterRole", name)));
    found.into_iter().flat_map(|(_, lines)| lines).filter_map(rule).collect()
}

/// What begins an object, and the lines below it.
fn paragraphs(table: &'static str) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut paragraphs: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        match (line.strip_prefix("  "), paragraphs.last_mut()) {
            (Some(below), Some((_, lines))) => lines.push(below),
            _ => paragraphs.push((line, Vec::new())),
        }
    }
    paragraphs
}

fn read(head: &str, lines: &[&str]) -> Vec<Value> {
    match head.split(' ').collect::<Vec<_>>()[..] {
        ["ClusterRole", name] => vec![role("ClusterRole", "", name, lines)],
        ["Role", namespace, name] => vec![role("Role", namespace, name, lines)],
        ["ClusterRoleBinding", name, kind, to] => vec![binding("", name, (kind, to), lines)],
        ["RoleBinding", namespace, name, kind, to] => vec![binding(namespace, name, (kind, to), lines)],
        ["Controller", account] => {
            let name = format!("system:controller:{account}");
            let subject = format!("ServiceAccount kube-system {account}");
            vec![role("ClusterRole", "", &name, lines), binding("", &name, ("ClusterRole", &name), &[&subject])]
        }
        _ => Vec::new(),
    }
}

fn role(kind: &str, namespace: &str, name: &str, lines: &[&str]) -> Value {
    let rules: Vec<Value> = lines.iter().copied().filter_map(rule).map(|rule| rule.to_json()).collect();
    let mut role = object(kind, namespace, name);
    role["rules"] = json!(rules);
    for line in lines {
        if let Some(whole) = line.strip_prefix("part-of ") {
            role["metadata"]["labels"][format!("{AGGREGATE}{whole}")] = json!("true");
        } else if let Some(own) = line.strip_prefix("whole-of ") {
            let selector = json!({"matchLabels": {format!("{AGGREGATE}{own}"): "true"}});
            role["aggregationRule"] = json!({"clusterRoleSelectors": [selector]});
        }
    }
    role
}

fn rule(line: &str) -> Option<Rule> {
    let list = |text: &str| text.split(',').map(ToOwned::to_owned).collect::<Vec<_>>();
    let groups = |text: &str| text.split(',').map(|group| group.replace("core", "")).collect();
    match line.split(' ').collect::<Vec<_>>()[..] {
        ["part-of" | "whole-of", _] => None,
        [verbs, paths] => Some(Rule { verbs: list(verbs), non_resource_urls: list(paths), ..Rule::default() }),
        [verbs, of, resources, ref names @ ..] => Some(Rule {
            verbs: list(verbs),
            api_groups: groups(of),
            resources: list(resources),
            resource_names: names.iter().copied().flat_map(list).collect(),
            ..Rule::default()
        }),
        _ => None,
    }
}

fn binding(namespace: &str, name: &str, (kind, role): (&str, &str), lines: &[&str]) -> Value {
    let subjects: Vec<Value> = lines.iter().filter_map(|line| subject(line)).collect();
    let of = if namespace.is_empty() { "ClusterRoleBinding" } else { "RoleBinding" };
    let mut binding = object(of, namespace, name);
    binding["roleRef"] = json!({"apiGroup": GROUP, "kind": kind, "name": role});
    if !subjects.is_empty() {
        binding["subjects"] = json!(subjects);
    }
    binding
}

fn subject(line: &str) -> Option<Value> {
    match line.split(' ').collect::<Vec<_>>()[..] {
        ["ServiceAccount", namespace, name] => {
            Some(json!({"kind": "ServiceAccount", "name": name, "namespace": namespace}))
        }
        [kind @ ("User" | "Group"), name] => Some(json!({"kind": kind, "apiGroup": GROUP, "name": name})),
        _ => None,
    }
}

fn object(kind: &str, namespace: &str, name: &str) -> Value {
    let (label, value) = BOOTSTRAPPING;
    let mut metadata = json!({"name": name, "labels": {label: value}, "annotations": {AUTO_UPDATE: "true"}});
    if !namespace.is_empty() {
        metadata["namespace"] = json!(namespace);
    }
    json!({"apiVersion": format!("{GROUP}/v1"), "kind": kind, "metadata": metadata})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;
    use machinery::{
        decode::{self, FieldValidation},
        meta, strategy,
    };
    use std::collections::BTreeMap;

    #[test]
    fn the_tables_hold_kubernetes_objects_and_nothing_that_is_not_understood() {
        let mut counts = BTreeMap::new();
        for object in objects() {
            *counts.entry(object["kind"].as_str().unwrap().to_owned()).or_insert(0) += 1;
        }
        let own = [("ClusterRole", 0), ("ClusterRoleBinding", 1)];
        let expected = [("ClusterRole", 32 + 41), ("ClusterRoleBinding", 13 + 41), ("Role", 7), ("RoleBinding", 7)];
        for (kind, count) in expected {
            let more = own.iter().find(|(of, _)| *of == kind).map_or(0, |(_, count)| *count);
            assert_eq!(counts[kind], count + more, "{kind}");
        }
        for (head, lines) in TABLES.into_iter().flat_map(paragraphs) {
            assert!(!read(head, &lines).is_empty(), "{head}");
            let words = ["part-of", "whole-of"];
            for line in lines {
                let understood = words.iter().any(|word| line.starts_with(word)) || rule(line).is_some();
                assert!(understood || subject(line).is_some(), "{head}: {line}");
            }
        }
    }

    #[test]
    fn what_they_hold_is_valid() {
        for object in objects() {
            let kind = kinds::named(GROUP, object["kind"].as_str().unwrap());
            let (decoded, warnings) = decode::object(kind, object.clone().into(), FieldValidation::Strict).unwrap();
            assert!(warnings.is_empty(), "{warnings:?}");
            let errors = strategy::of(kind).validate_content(&decoded);
            assert!(errors.is_empty(), "{} {errors:?}", meta::name(&object));
        }
    }

    #[test]
    fn rules_and_subjects_are_read() {
        let viewers = cluster_role("system:public-info-viewer");
        assert_eq!(viewers.len(), 1);
        assert_eq!(viewers[0].non_resource_urls, ["/healthz", "/livez", "/readyz", "/version", "/version/"]);
        let all = objects();
        let find = |kind: &str, name: &str| {
            all.iter().find(|object| object["kind"] == kind && meta::name(object) == name).unwrap()
        };
        let admins = find("ClusterRoleBinding", "cluster-admin");
        assert_eq!(admins["subjects"], json!([{"kind": "Group", "apiGroup": GROUP, "name": "system:masters"}]));
        let signer = &find("Role", "system:controller:bootstrap-signer")["rules"][1];
        assert_eq!(signer["resourceNames"], json!(["cluster-info"]));
        assert_eq!(signer["apiGroups"], json!([""]));
    }
}
