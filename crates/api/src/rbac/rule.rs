//! One rule of a role, and what it allows (`pkg/apis/rbac/v1/evaluation_helpers.go`).

use crate::authorization::Attributes;
use serde_json::{Map, Value, json};
use std::fmt;

const ALL: &str = "*";

/// A `PolicyRule`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Rule {
    /// What may be done; `*` is everything.
    pub verbs: Vec<String>,
    /// To resources of which groups; `*` is every one.
    pub api_groups: Vec<String>,
    /// To which resources: `pods`, `pods/log`, `*/scale`, `*`.
    pub resources: Vec<String>,
    /// To which of their objects; empty is every one.
    pub resource_names: Vec<String>,
    /// To which paths: `/healthz`, `/healthz/*`, `*`.
    pub non_resource_urls: Vec<String>,
}

/// The rules of a role.
#[must_use]
pub fn rules(role: &Value) -> Vec<Rule> {
    role["rules"].as_array().into_iter().flatten().map(Rule::of).collect()
}

/// The right to do everything.
#[must_use]
pub fn everything() -> Vec<Rule> {
    let all = || vec![ALL.to_owned()];
    let resources = Rule { verbs: all(), api_groups: all(), resources: all(), ..Rule::default() };
    vec![resources, Rule { verbs: all(), non_resource_urls: all(), ..Rule::default() }]
}

impl Rule {
    /// Reads a rule as it stands in a role.
    #[must_use]
    pub fn of(rule: &Value) -> Self {
        let texts = |name: &str| -> Vec<String> {
            rule[name].as_array().into_iter().flatten().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
        };
        Self {
            verbs: texts("verbs"),
            api_groups: texts("apiGroups"),
            resources: texts("resources"),
            resource_names: texts("resourceNames"),
            non_resource_urls: texts("nonResourceURLs"),
        }
    }

    /// The rule as it stands in a role: without what is empty.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let fields = [
            ("verbs", &self.verbs),
            ("apiGroups", &self.api_groups),
            ("resources", &self.resources),
            ("resourceNames", &self.resource_names),
            ("nonResourceURLs", &self.non_resource_urls),
        ];
        let filled = fields.into_iter().filter(|(_, texts)| !texts.is_empty());
        Value::Object(filled.map(|(name, texts)| (name.to_owned(), json!(texts))).collect::<Map<_, _>>())
    }

    /// Whether the rule allows a request.
    #[must_use]
    pub fn allows(&self, request: &Attributes<'_>) -> bool {
        if !has(&self.verbs, request.verb) {
            return false;
        }
        match request.path {
            Some(path) => self.non_resource_urls.iter().any(|own| covers_path(own, path)),
            None => {
                has(&self.api_groups, request.group)
                    && self.resources.iter().any(|own| names(own, request.resource, request.subresource))
                    && (self.resource_names.is_empty() || self.resource_names.iter().any(|own| own == request.name))
            }
        }
    }
}

/// Whether a list has a text, or stands for all.
pub(super) fn has(list: &[String], text: &str) -> bool {
    list.iter().any(|own| own == ALL || own == text)
}

/// Whether `own` is the path, or a beginning of it with `*` behind.
pub(super) fn covers_path(own: &str, path: &str) -> bool {
    own == path || (own.ends_with('*') && path.starts_with(own.trim_end_matches('*')))
}

/// Whether `own` stands for a resource, or for a subresource of it.
fn names(own: &str, resource: &str, subresource: &str) -> bool {
    match own.split_once('/') {
        None => own == ALL || (own == resource && subresource.is_empty()),
        Some((parent, part)) => !part.is_empty() && part == subresource && (parent == ALL || parent == resource),
    }
}

impl fmt::Display for Rule {
    /// As `CompactString` of `pkg/apis/rbac/v1/evaluation_helpers.go` prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = [
            ("APIGroups", &self.api_groups),
            ("Resources", &self.resources),
            ("NonResourceURLs", &self.non_resource_urls),
            ("ResourceNames", &self.resource_names),
            ("Verbs", &self.verbs),
        ];
        let filled = fields.into_iter().filter(|(_, texts)| !texts.is_empty());
        let parts = filled.map(|(name, texts)| format!("{name}:{}", quoted(texts)));
        write!(f, "{{{}}}", parts.collect::<Vec<_>>().join(", "))
    }
}

/// A list as Go's `%q` prints it.
pub(super) fn quoted(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(verbs: &str, groups: &str, resources: &str, names: &str) -> Rule {
        let list = |text: &str| text.split(' ').filter(|text| !text.is_empty()).map(ToOwned::to_owned).collect();
        let api_groups = groups.split(' ').map(|group| if group == "core" { String::new() } else { group.to_owned() });
        Rule {
            verbs: list(verbs),
            api_groups: api_groups.collect(),
            resources: list(resources),
            resource_names: list(names),
            ..Rule::default()
        }
    }

    #[test]
    fn a_rule_allows_what_it_names() {
        let get = |group, resource, subresource, name| Attributes {
            verb: "get",
            group,
            resource,
            subresource,
            name,
            ..Attributes::default()
        };
        for (rule, request, allowed) in [
            (rule("get list", "core", "pods", ""), get("", "pods", "", "a"), true),
            (rule("list", "core", "pods", ""), get("", "pods", "", "a"), false),
            (rule("*", "core", "pods", ""), get("", "pods", "", "a"), true),
            (rule("get", "apps", "pods", ""), get("", "pods", "", "a"), false),
            (rule("get", "*", "pods", ""), get("apps", "pods", "", "a"), true),
            (rule("get", "core", "*", ""), get("", "pods", "log", "a"), true),
            (rule("get", "core", "pods", ""), get("", "pods", "log", "a"), false),
            (rule("get", "core", "pods/log", ""), get("", "pods", "log", "a"), true),
            (rule("get", "core", "pods/log", ""), get("", "pods", "", "a"), false),
            (rule("get", "*", "*/scale", ""), get("apps", "deployments", "scale", "a"), true),
            (rule("get", "*", "*/scale", ""), get("apps", "deployments", "status", "a"), false),
            (rule("get", "*", "*/", ""), get("apps", "deployments", "", "a"), false),
            (rule("get", "core", "pods", "a b"), get("", "pods", "", "b"), true),
            (rule("get", "core", "pods", "a b"), get("", "pods", "", "c"), false),
            (rule("get", "core", "pods", "a b"), get("", "pods", "", ""), false),
            (
                rule("get", "", "pods", ""),
                Attributes { verb: "get", path: Some("/pods"), ..Attributes::default() },
                false,
            ),
        ] {
            assert_eq!(rule.allows(&request), allowed, "{rule} {request:?}");
        }
    }

    #[test]
    fn paths_are_named_as_a_whole_or_by_their_beginning() {
        for (own, path, allowed) in [
            ("/healthz", "/healthz", true),
            ("/healthz", "/healthz/etcd", false),
            ("/healthz/*", "/healthz/etcd", true),
            ("/healthz/*", "/healthz", false),
            ("/health*", "/healthz", true),
            ("*", "/anything", true),
        ] {
            let rule = Rule { verbs: vec!["get".into()], non_resource_urls: vec![own.into()], ..Rule::default() };
            let request = |verb| Attributes { verb, path: Some(path), ..Attributes::default() };
            assert_eq!(rule.allows(&request("get")), allowed, "{own} {path}");
            assert!(!rule.allows(&request("post")));
            assert!(!rule.allows(&Attributes { verb: "get", resource: "pods", ..Attributes::default() }));
        }
    }

    #[test]
    fn a_rule_comes_back_from_json_and_prints_like_kubernetes() {
        let json = json!({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["a"]});
        let rule = Rule::of(&json);
        assert_eq!(rule.to_json(), json);
        let text = r#"{APIGroups:[""], Resources:["pods"], ResourceNames:["a"], Verbs:["get"]}"#;
        assert_eq!(rule.to_string(), text);
    }
}
