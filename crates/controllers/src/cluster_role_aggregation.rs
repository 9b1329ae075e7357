//! The rules of cluster roles that are put together from others: `aggregationRule` selects them by their labels
//! (`pkg/controller/clusterroleaggregation`).

use crate::framework::{Change, Key, Reconciler, Row};
use k8s_openapi::api::rbac::v1::{ClusterRole, PolicyRule};
use kube::{
    ResourceExt,
    core::{ParseExpressionError, Selector, SelectorExt},
};
use serde_json::json;
use std::sync::Arc;

pub(crate) const ROW: Row = Row {
    name: "clusterrole-aggregation-controller",
    service_account: "clusterrole-aggregation-controller",
    workers: 1,
    start: |setup| {
        // Any role may be part of any other: all are looked at together.
        let roles = setup.watch::<ClusterRole>("", |_| vec![Key::cluster("")]);
        Arc::new(Reconciler::new(&setup.client, move |_, _| Ok(reconcile(&roles.list()))))
    },
};

/// The corrections of all roles whose rules are not those of the roles they select. A selector that means nothing,
/// which the API server does not let pass, leaves its role alone.
fn reconcile(all: &[Arc<ClusterRole>]) -> Vec<Change> {
    let correction = |role: &Arc<ClusterRole>| {
        let rules = aggregated(role, all)?.ok()?;
        let is_right = role.rules.as_deref().unwrap_or_default() == rules;
        (!is_right).then(|| Change::patch::<ClusterRole>(Key::of(&**role), json!({ "rules": rules })))
    };
    all.iter().filter_map(correction).collect()
}

/// The rules that a role gets from others, each once, in the order of the selectors and the others' names; `None` if
/// its rules are its own.
fn aggregated(role: &ClusterRole, all: &[Arc<ClusterRole>]) -> Option<Result<Vec<PolicyRule>, ParseExpressionError>> {
    let selectors = role.aggregation_rule.as_ref()?.cluster_role_selectors.iter().flatten();
    let selectors: Result<Vec<Selector>, _> = selectors.map(|selector| selector.clone().try_into()).collect();
    Some(selectors.map(|selectors| {
        let mut others: Vec<_> = all.iter().filter(|other| other.metadata.name != role.metadata.name).collect();
        others.sort_by_key(|other| other.name_any());
        let selected =
            selectors.iter().flat_map(|selector| others.iter().filter(|other| selector.matches(other.labels())));
        let mut rules = Vec::new();
        for rule in selected.flat_map(|other| other.rules.iter().flatten()) {
            if !rules.contains(rule) {
                rules.push(rule.clone());
            }
        }
        rules
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn rule(resource: &str) -> Value {
        json!({ "apiGroups": [""], "resources": [resource], "verbs": ["get"] })
    }

    fn part(name: &str, label: &str, resources: &[&str]) -> Value {
        let rules: Vec<_> = resources.iter().map(|resource| rule(resource)).collect();
        json!({ "metadata": { "name": name, "labels": { label: "true" } }, "rules": rules })
    }

    /// A role of the roles with these labels, which has these rules now.
    fn whole(labels: &[&str], rules: &[&str]) -> Value {
        let selectors: Vec<_> = labels.iter().map(|label| json!({ "matchLabels": { *label: "true" } })).collect();
        let rules: Vec<_> = rules.iter().map(|resource| rule(resource)).collect();
        json!({
            "metadata": { "name": "whole", "labels": { "a": "true" } },
            "aggregationRule": { "clusterRoleSelectors": selectors },
            "rules": rules,
        })
    }

    #[test]
    fn a_role_gets_the_rules_of_those_it_selects_each_once() {
        let parts = [part("2", "a", &["pods", "secrets"]), part("1", "a", &["pods"]), part("3", "b", &["nodes"])];
        for (whole, expected) in [
            (whole(&["a"], &[]), Some(vec!["pods", "secrets"])),
            (whole(&["a"], &["pods", "secrets"]), None),
            (whole(&["a"], &["pods", "secrets", "nodes"]), Some(vec!["pods", "secrets"])),
            (whole(&["b", "a"], &[]), Some(vec!["nodes", "pods", "secrets"])),
            (whole(&["c"], &[]), None),
            (whole(&["c"], &["pods"]), Some(vec![])),
            (part("4", "a", &["pods"]), None),
        ] {
            let all: Vec<_> = parts
                .iter()
                .chain([&whole])
                .map(|role| serde_json::from_value(role.clone()).unwrap())
                .map(Arc::new)
                .collect();
            let expected: Vec<_> = expected
                .into_iter()
                .map(|resources| {
                    let rules: Vec<_> = resources.iter().map(|resource| rule(resource)).collect();
                    Change::patch::<ClusterRole>(Key::cluster("whole"), json!({ "rules": rules }))
                })
                .collect();
            assert_eq!(reconcile(&all), expected, "{whole}");
        }
    }
}
