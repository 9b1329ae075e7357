//! Which nodes a pod's node selector and node affinity allow, and which they prefer.

use k8s_openapi::api::core::v1::{NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod, PodSpec};
use std::collections::BTreeMap;

/// What is said of a node that is not selected.
pub const MISMATCH: &str = "node(s) didn't match Pod's node affinity/selector";

/// What selectors look at in a node.
#[derive(Clone, Copy, Debug)]
pub struct NodeIdentity<'a> {
    pub name: &'a str,
    pub labels: &'a BTreeMap<String, String>,
}

/// Whether the node selector and the required node affinity, those that are given, match the node.
#[must_use]
pub fn allows(pod: &Pod, node: NodeIdentity<'_>) -> bool {
    let Some(spec) = &pod.spec else { return true };
    let selected = spec.node_selector.iter().flatten().all(|(key, value)| node.labels.get(key) == Some(value));
    let required =
        node_affinity(spec).and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref());
    selected && required.is_none_or(|selector| selects(selector, node))
}

/// Whether one of the selector's terms matches the node.
#[must_use]
pub fn selects(selector: &NodeSelector, node: NodeIdentity<'_>) -> bool {
    selector.node_selector_terms.iter().any(|term| matches(term, node))
}

/// The weights of the preferred terms that match the node, added up.
#[must_use]
pub fn preference(pod: &Pod, node: NodeIdentity<'_>) -> i64 {
    let affinity = pod.spec.as_ref().and_then(node_affinity);
    let preferred =
        affinity.and_then(|affinity| affinity.preferred_during_scheduling_ignored_during_execution.as_ref());
    let matching = preferred.into_iter().flatten().filter(|term| matches(&term.preference, node));
    matching.map(|term| i64::from(term.weight)).sum()
}

fn node_affinity(spec: &PodSpec) -> Option<&NodeAffinity> {
    spec.affinity.as_ref()?.node_affinity.as_ref()
}

/// A term matches when all its requirements do; one without any matches nothing.
fn matches(term: &NodeSelectorTerm, node: NodeIdentity<'_>) -> bool {
    let mut labels = term.match_expressions.iter().flatten().peekable();
    let mut fields = term.match_fields.iter().flatten().peekable();
    if labels.peek().is_none() && fields.peek().is_none() {
        return false;
    }
    let field = |key: &str| (key == "metadata.name").then_some(node.name);
    labels.all(|requirement| is_met(requirement, node.labels.get(&requirement.key).map(String::as_str)))
        && fields.all(|requirement| is_met(requirement, field(&requirement.key)))
}

fn is_met(requirement: &NodeSelectorRequirement, value: Option<&str>) -> bool {
    let values = requirement.values.as_deref().unwrap_or_default();
    let is_one_of = |value: &str| values.iter().any(|wanted| wanted == value);
    let compared = || {
        let [bound] = values else { return None };
        Some(value?.parse::<i64>().ok()?.cmp(&bound.parse().ok()?))
    };
    match requirement.operator.as_str() {
        "In" => value.is_some_and(is_one_of),
        "NotIn" => !value.is_some_and(is_one_of),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => compared().is_some_and(std::cmp::Ordering::is_gt),
        "Lt" => compared().is_some_and(std::cmp::Ordering::is_lt),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn pod(spec: &Value) -> Pod {
        let mut spec = spec.clone();
        spec["containers"] = json!([]);
        serde_json::from_value(json!({ "spec": spec })).unwrap()
    }

    fn labels() -> BTreeMap<String, String> {
        [("zone", "a"), ("disk", "ssd"), ("cores", "8")].map(|(key, value)| (key.into(), value.into())).into()
    }

    fn required(terms: &Value) -> Value {
        let required = json!({ "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": terms } });
        json!({ "affinity": { "nodeAffinity": required } })
    }

    fn expression(key: &str, operator: &str, values: &[&str]) -> Value {
        json!({ "key": key, "operator": operator, "values": values })
    }

    #[test]
    fn requirements_are_met_as_in_kubernetes() {
        let cases = [
            (expression("zone", "In", &["a", "b"]), true),
            (expression("zone", "In", &["b"]), false),
            (expression("none", "In", &["b"]), false),
            (expression("zone", "NotIn", &["b"]), true),
            (expression("zone", "NotIn", &["a"]), false),
            (expression("none", "NotIn", &["a"]), true),
            (expression("zone", "Exists", &[]), true),
            (expression("none", "Exists", &[]), false),
            (expression("none", "DoesNotExist", &[]), true),
            (expression("zone", "DoesNotExist", &[]), false),
            (expression("cores", "Gt", &["7"]), true),
            (expression("cores", "Gt", &["8"]), false),
            (expression("cores", "Lt", &["9"]), true),
            (expression("cores", "Lt", &["8"]), false),
            (expression("zone", "Gt", &["7"]), false),
            (expression("none", "Lt", &["7"]), false),
        ];
        for (requirement, expected) in cases {
            let pod = pod(&required(&json!([{ "matchExpressions": [requirement] }])));
            assert_eq!(allows(&pod, NodeIdentity { name: "n", labels: &labels() }), expected, "{requirement}");
        }
    }

    #[test]
    fn terms_are_alternatives_and_their_requirements_are_not() {
        let (yes, no) = (expression("zone", "In", &["a"]), expression("zone", "In", &["b"]));
        let name = |name: &str| expression("metadata.name", "In", &[name]);
        let cases = [
            (json!({}), true),
            (json!({ "nodeSelector": { "zone": "a", "disk": "ssd" } }), true),
            (json!({ "nodeSelector": { "zone": "a", "disk": "hdd" } }), false),
            (required(&json!([])), false),
            (required(&json!([{}])), false),
            (required(&json!([{ "matchExpressions": [yes, no] }])), false),
            (required(&json!([{ "matchExpressions": [no] }, { "matchExpressions": [yes] }])), true),
            (required(&json!([{ "matchFields": [name("n")] }])), true),
            (required(&json!([{ "matchFields": [name("m")] }])), false),
            (required(&json!([{ "matchFields": [name("n")], "matchExpressions": [no] }])), false),
        ];
        for (spec, expected) in cases {
            assert_eq!(allows(&pod(&spec), NodeIdentity { name: "n", labels: &labels() }), expected, "{spec}");
        }
    }

    #[test]
    fn preferences_add_up() {
        let term = |weight: i32, value: &str| json!({ "weight": weight, "preference": { "matchExpressions": [expression("zone", "In", &[value])] } });
        let preferred = json!([term(10, "a"), term(20, "b"), term(5, "a"), { "weight": 50, "preference": {} }]);
        let affinity = json!({ "nodeAffinity": { "preferredDuringSchedulingIgnoredDuringExecution": preferred } });
        let pod = pod(&json!({ "affinity": affinity }));
        assert_eq!(preference(&pod, NodeIdentity { name: "n", labels: &labels() }), 15);
    }
}
