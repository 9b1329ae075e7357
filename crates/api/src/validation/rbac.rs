//! Roles and bindings (`pkg/apis/rbac/validation`).

use super::labels;
use crate::rbac::{GROUP, RoleKind};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};
use serde_json::Value;

/// Whom a binding may be about.
const SUBJECTS: [&str; 3] = ["ServiceAccount", "User", "Group"];

/// A Role at any time.
pub fn role(role: &Value) -> ErrorList {
    rules(role, Scope::Namespace)
}

/// A `ClusterRole` at any time.
pub fn cluster_role(role: &Value) -> ErrorList {
    let mut errors = rules(role, Scope::Cluster);
    if role["aggregationRule"].is_object() {
        errors.extend(selectors(&role["aggregationRule"]["clusterRoleSelectors"]));
    }
    errors
}

/// A `RoleBinding` at any time.
pub fn role_binding(binding: &Value) -> ErrorList {
    self::binding(binding, Scope::Namespace)
}

/// A `ClusterRoleBinding` at any time.
pub fn cluster_role_binding(binding: &Value) -> ErrorList {
    self::binding(binding, Scope::Cluster)
}

/// Where a role or binding counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Namespace,
    Cluster,
}

impl Scope {
    /// The roles that a binding may name.
    fn roles(self) -> &'static [RoleKind] {
        match self {
            Self::Namespace => &[RoleKind::Role, RoleKind::ClusterRole],
            Self::Cluster => &[RoleKind::ClusterRole],
        }
    }
}

fn rules(role: &Value, scope: Scope) -> ErrorList {
    let path = Path::new("rules");
    items(&role["rules"]).enumerate().flat_map(|(index, of)| rule(of, scope, &path.index(index))).collect()
}

/// A rule is about resources or about paths.
fn rule(rule: &Value, scope: Scope, path: &Path) -> ErrorList {
    let lacks = |field: &str| items(&rule[field]).next().is_none();
    let needed = |field: &str, detail: &str| lacks(field).then(|| Error::required(&path.child(field), detail));
    let mut errors = ErrorList::from_iter(needed("verbs", "verbs must contain at least one value"));
    if !lacks("nonResourceURLs") {
        let refuse =
            |detail: &str| Error::invalid(&path.child("nonResourceURLs"), rule["nonResourceURLs"].clone(), detail);
        if scope == Scope::Namespace {
            errors.push(refuse("namespaced rules cannot apply to non-resource URLs"));
        }
        if !["apiGroups", "resources", "resourceNames"].into_iter().all(lacks) {
            errors.push(refuse("rules cannot apply to both regular resources and non-resource URLs"));
        }
        return errors;
    }
    errors.extend(needed("apiGroups", "resource rules must supply at least one api group"));
    errors.extend(needed("resources", "resource rules must supply at least one resource"));
    errors
}

/// What an aggregated role is made of.
fn selectors(selectors: &Value) -> ErrorList {
    let path = Path::new("aggregationRule").child("clusterRoleSelectors");
    if items(selectors).next().is_none() {
        let detail = "at least one clusterRoleSelector required if aggregationRule is non-nil";
        return vec![Error::required(&path, detail)];
    }
    let one = |(index, selector): (usize, &Value)| {
        let selector: LabelSelector = serde_json::from_value(selector.clone()).unwrap_or_default();
        labels::label_selector(&selector, &path.index(index))
    };
    items(selectors).enumerate().flat_map(one).collect()
}

fn binding(binding: &Value, scope: Scope) -> ErrorList {
    let mut errors = role_ref(&binding["roleRef"], scope);
    let path = Path::new("subjects");
    errors
        .extend(items(&binding["subjects"]).enumerate().flat_map(|(index, of)| subject(of, scope, &path.index(index))));
    errors
}

fn role_ref(role: &Value, scope: Scope) -> ErrorList {
    let path = Path::new("roleRef");
    let mut errors = ErrorList::from_iter(of_group(role, GROUP, &path));
    if !RoleKind::of(role).is_some_and(|kind| scope.roles().contains(&kind)) {
        let supported: Vec<_> = scope.roles().iter().map(|kind| kind.name()).collect();
        errors.push(Error::not_supported(&path.child("kind"), text(role, "kind"), &supported));
    }
    errors.extend(name(role, &path, format::path_segment));
    errors
}

fn subject(subject: &Value, scope: Scope, path: &Path) -> ErrorList {
    match text(subject, "kind") {
        "ServiceAccount" => {
            let mut errors = name(subject, path, format::dns1123_subdomain);
            errors.extend(of_group(subject, "", path));
            if scope == Scope::Cluster && text(subject, "namespace").is_empty() {
                errors.push(Error::required(&path.child("namespace"), ""));
            }
            errors
        }
        "User" | "Group" => {
            let mut errors = name(subject, path, |_| Vec::new());
            errors.extend(of_group(subject, GROUP, path));
            errors
        }
        other => {
            let mut errors = name(subject, path, |_| Vec::new());
            errors.push(Error::not_supported(&path.child("kind"), other, &SUBJECTS));
            errors
        }
    }
}

fn name(of: &Value, path: &Path, wrong: fn(&str) -> Vec<String>) -> ErrorList {
    let path = path.child("name");
    match text(of, "name") {
        "" => vec![Error::required(&path, "")],
        name => invalid_each(&path, name, wrong(name)).collect(),
    }
}

fn of_group(of: &Value, group: &str, path: &Path) -> Option<Error> {
    let given = text(of, "apiGroup");
    (given != group).then(|| Error::not_supported(&path.child("apiGroup"), given, &[group]))
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text<'a>(of: &'a Value, field: &str) -> &'a str {
    of[field].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn texts(errors: &ErrorList) -> Vec<String> {
        errors.iter().map(ToString::to_string).collect()
    }

    fn bound(kind: &str, group: &str, name: &str, subjects: &Value) -> Value {
        json!({"roleRef": {"kind": kind, "apiGroup": group, "name": name}, "subjects": subjects})
    }

    #[test]
    fn a_binding_names_a_role_of_its_own_scope_and_whom_it_knows() {
        let user = json!([{"kind": "User", "apiGroup": GROUP, "name": "joe"}]);
        let account = json!([{"kind": "ServiceAccount", "name": "robot"}]);
        for (given, namespaced, of_cluster) in [
            (bound("ClusterRole", GROUP, "r", &user), &[] as &[&str], &[] as &[&str]),
            (
                bound("Role", GROUP, "r", &user),
                &[],
                &["roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\""],
            ),
            (
                bound("role", GROUP, "r", &user),
                &["roleRef.kind: Unsupported value: \"role\": supported values: \"Role\", \"ClusterRole\""],
                &["roleRef.kind: Unsupported value: \"role\": supported values: \"ClusterRole\""],
            ),
            (
                bound("ClusterRole", "x", "a/b", &json!(null)),
                &["roleRef.apiGroup: Unsupported value: \"x\"", "roleRef.name: Invalid value: \"a/b\""],
                &["roleRef.apiGroup: Unsupported value: \"x\"", "roleRef.name: Invalid value: \"a/b\""],
            ),
            (bound("ClusterRole", GROUP, "", &user), &["roleRef.name: Required"], &["roleRef.name: Required"]),
            (bound("ClusterRole", GROUP, "r", &account), &[], &["subjects[0].namespace: Required value"]),
            (
                bound(
                    "ClusterRole",
                    GROUP,
                    "r",
                    &json!([{"kind": "User", "name": ""}, {"kind": "Robot", "name": "r"}]),
                ),
                &[
                    "subjects[0].name: Required value",
                    "subjects[0].apiGroup: Unsupported value: \"\"",
                    "subjects[1].kind: Unsupported value: \"Robot\": supported values: \"ServiceAccount\", \"User\", \"Group\"",
                ],
                &["subjects[0].name", "subjects[0].apiGroup", "subjects[1].kind"],
            ),
        ] {
            for (found, expected) in [(role_binding(&given), namespaced), (cluster_role_binding(&given), of_cluster)] {
                let found = texts(&found);
                let same = found.len() == expected.len();
                assert!(same && found.iter().zip(expected).all(|(a, b)| a.starts_with(b)), "{given}: {found:#?}");
            }
        }
    }

    #[test]
    fn a_rule_is_about_resources_or_of_the_cluster_about_paths() {
        let of_paths = json!({"verbs": ["get"], "nonResourceURLs": ["/healthz"]});
        for (given, namespaced, of_cluster) in [
            (json!({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}), 0, 0),
            (of_paths, 1, 0),
            (json!({"verbs": ["get"], "nonResourceURLs": ["/healthz"], "resources": ["pods"]}), 2, 1),
            (json!({"verbs": [], "apiGroups": [""]}), 2, 2),
            (json!({"verbs": ["get"], "resources": ["pods"]}), 1, 1),
        ] {
            let given = json!({"rules": [given]});
            assert_eq!((role(&given).len(), cluster_role(&given).len()), (namespaced, of_cluster), "{given}");
        }
    }

    #[test]
    fn an_aggregated_role_says_of_what() {
        let of =
            |selectors: Value| texts(&cluster_role(&json!({"aggregationRule": {"clusterRoleSelectors": selectors}})));
        assert_eq!(of(json!([{"matchLabels": {"a": "b"}}])), [] as [&str; 0]);
        assert!(of(json!([]))[0].starts_with("aggregationRule.clusterRoleSelectors: Required value"));
        let bad = of(json!([{"matchExpressions": [{"key": "a", "operator": "Near"}]}]));
        assert!(bad[0].starts_with("aggregationRule.clusterRoleSelectors[0]"), "{bad:?}");
    }
}
