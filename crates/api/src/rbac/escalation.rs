//! Nobody grants more than they have: which of the rules that somebody wants to grant their own do not cover
//! (`k8s.io/component-helpers/auth/rbac/validation`, `pkg/registry/rbac/validation`).

use super::rule::{Rule, covers_path, has, quoted};
use std::collections::BTreeSet;

/// The rights among `wanted` that `owned` lacks: one verb on one resource, object or path each.
#[must_use]
pub fn missing(owned: &[Rule], wanted: &[Rule]) -> Vec<Rule> {
    let rights = wanted.iter().flat_map(rights);
    rights.filter(|right| !owned.iter().any(|own| covers(own, right))).collect()
}

/// Why somebody may not grant these rights (`ConfirmNoEscalation`).
#[must_use]
pub fn refusal(user: &str, groups: &[String], missing: Vec<Rule>) -> String {
    let lines: BTreeSet<String> = compact(missing).iter().map(ToString::to_string).collect();
    let lines = lines.into_iter().collect::<Vec<_>>().join("\n");
    let groups = quoted(groups);
    format!("user {user:?} (groups={groups}) is attempting to grant RBAC permissions not currently held:\n{lines}")
}

/// A rule taken apart.
fn rights(rule: &Rule) -> Vec<Rule> {
    let one = |text: &String| vec![text.clone()];
    let names: Vec<Vec<String>> =
        if rule.resource_names.is_empty() { vec![Vec::new()] } else { rule.resource_names.iter().map(one).collect() };
    let mut rights = Vec::new();
    for (group, resource) in rule.api_groups.iter().flat_map(|group| rule.resources.iter().map(move |of| (group, of))) {
        for (verb, names) in rule.verbs.iter().flat_map(|verb| names.iter().map(move |names| (verb, names))) {
            let (api_groups, resources, resource_names) = (one(group), one(resource), names.clone());
            rights.push(Rule { verbs: one(verb), api_groups, resources, resource_names, ..Rule::default() });
        }
    }
    for path in &rule.non_resource_urls {
        let of_path = |verb| Rule { verbs: one(verb), non_resource_urls: one(path), ..Rule::default() };
        rights.extend(rule.verbs.iter().map(of_path));
    }
    rights
}

/// Whether a rule includes a single right.
fn covers(own: &Rule, right: &Rule) -> bool {
    let names = own.resource_names.is_empty()
        || (!right.resource_names.is_empty()
            && right.resource_names.iter().all(|name| own.resource_names.contains(name)));
    right.verbs.iter().all(|verb| has(&own.verbs, verb))
        && right.api_groups.iter().all(|group| has(&own.api_groups, group))
        && right.resources.iter().all(|resource| covers_resource(own, resource))
        && right.non_resource_urls.iter().all(|path| own.non_resource_urls.iter().any(|of| covers_path(of, path)))
        && names
}

fn covers_resource(own: &Rule, resource: &str) -> bool {
    let everywhere = resource.split_once('/').map(|(_, part)| format!("*/{part}"));
    has(&own.resources, resource) || everywhere.is_some_and(|everywhere| own.resources.contains(&everywhere))
}

/// Puts rights on the same resource or object together again, in the order in which they came.
fn compact(rights: Vec<Rule>) -> Vec<Rule> {
    let mut compacted: Vec<Rule> = Vec::new();
    for right in rights {
        let same = |other: &&mut Rule| {
            right.non_resource_urls.is_empty()
                && (&other.api_groups, &other.resources, &other.resource_names, &other.non_resource_urls)
                    == (&right.api_groups, &right.resources, &right.resource_names, &right.non_resource_urls)
        };
        match compacted.iter_mut().find(same) {
            Some(other) => other.verbs.extend(right.verbs),
            None => compacted.push(right),
        }
    }
    compacted
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn rule(value: &Value) -> Rule {
        Rule::of(value)
    }

    #[test]
    fn what_is_granted_must_be_held() {
        let pods = |verbs: &[&str]| json!({"apiGroups": [""], "resources": ["pods"], "verbs": verbs});
        let named = |names: &[&str]| json!({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": names});
        let part = |resource: &str| json!({"apiGroups": ["apps"], "resources": [resource], "verbs": ["get"]});
        let path = |path: &str| json!({"nonResourceURLs": [path], "verbs": ["get"]});
        let all = json!({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]});
        for (owned, wanted, lacking) in [
            (vec![pods(&["get", "list"])], pods(&["get"]), 0),
            (vec![pods(&["get"]), pods(&["list"])], pods(&["get", "list"]), 0),
            (vec![pods(&["get"])], pods(&["get", "list", "watch"]), 2),
            (vec![pods(&["get"])], pods(&["*"]), 1),
            (vec![all.clone()], pods(&["*"]), 0),
            (vec![all], path("/healthz"), 1),
            (vec![pods(&["get"])], named(&["a"]), 0),
            (vec![named(&["a"])], pods(&["get"]), 1),
            (vec![named(&["a", "b"])], named(&["b", "c"]), 1),
            (vec![part("*/scale")], part("deployments/scale"), 0),
            (vec![part("*/scale")], part("deployments"), 1),
            (vec![part("deployments")], part("deployments/scale"), 1),
            (vec![path("/healthz/*")], path("/healthz/a"), 0),
            (vec![path("/healthz/*")], path("*"), 1),
        ] {
            let owned: Vec<_> = owned.iter().map(rule).collect();
            assert_eq!(missing(&owned, &[rule(&wanted)]).len(), lacking, "{owned:?} {wanted}");
        }
    }

    #[test]
    fn a_refusal_names_what_is_missing_together() {
        let wanted = [
            rule(&json!({"apiGroups": [""], "resources": ["secrets", "pods"], "verbs": ["get", "list"]})),
            rule(&json!({"nonResourceURLs": ["/a"], "verbs": ["get", "post"]})),
        ];
        let text = refusal("eve", &["a".into(), "b".into()], missing(&[], &wanted));
        let expected = r#"user "eve" (groups=["a" "b"]) is attempting to grant RBAC permissions not currently held:
{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}
{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}
{NonResourceURLs:["/a"], Verbs:["get"]}
{NonResourceURLs:["/a"], Verbs:["post"]}"#;
        assert_eq!(text, expected);
    }
}
