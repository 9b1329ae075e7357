//! Tolerations, gates and topology spread constraints.

use super::label_keys::label_keys;
use crate::validation::{
    labels::{label_name, label_selector},
    text,
};
use k8s_openapi::api::core::v1::{PodSchedulingGate, Toleration, TopologySpreadConstraint};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};
use std::collections::HashSet;

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
const SPREAD_ACTIONS: [&str; 2] = ["DoNotSchedule", "ScheduleAnyway"];
const NODE_POLICIES: [&str; 2] = ["Honor", "Ignore"];

/// `spec.tolerations`.
pub fn tolerations(tolerations: &[Toleration], path: &Path) -> ErrorList {
    tolerations.iter().enumerate().flat_map(|(index, found)| toleration(found, &path.index(index))).collect()
}

fn toleration(toleration: &Toleration, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let key = text(toleration.key.as_ref());
    let (operator, effect) = (text(toleration.operator.as_ref()), text(toleration.effect.as_ref()));
    let value = text(toleration.value.as_ref());
    let operator_path = path.child("operator");
    if !key.is_empty() {
        errors.extend(label_name(key, &path.child("key")));
    } else if operator != "Exists" {
        let detail = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
        errors.push(Error::invalid(&operator_path, operator, detail));
    }
    if toleration.toleration_seconds.is_some() && effect != "NoExecute" {
        let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
        errors.push(Error::invalid(&path.child("effect"), effect, detail));
    }
    match operator {
        "Equal" | "" => {
            let messages = format::label_value(value);
            if !messages.is_empty() {
                errors.push(Error::invalid(&operator_path, value, messages.join(";")));
            }
        }
        "Exists" if value.is_empty() => {}
        "Exists" => {
            errors.push(Error::invalid(&operator_path, value, "value must be empty when `operator` is 'Exists'"));
        }
        // They are known, but belong to a feature that is off (KEP-5471).
        "Lt" | "Gt" => {
            errors.push(Error::not_supported(&operator_path, operator, &["Equal", "Exists", "Lt", "Gt"]));
        }
        other => errors.push(Error::not_supported(&operator_path, other, &["Equal", "Exists"])),
    }
    if !effect.is_empty() {
        errors.extend(taint_effect(effect, &path.child("effect")));
    }
    errors
}

/// What a taint does to pods that do not tolerate it.
pub fn taint_effect(effect: &str, path: &Path) -> Option<Error> {
    if effect.is_empty() {
        return Some(Error::required(path, ""));
    }
    (!EFFECTS.contains(&effect)).then(|| Error::not_supported(path, effect, &EFFECTS))
}

/// `spec.schedulingGates` (KEP-3521).
pub fn scheduling_gates(gates: &[PodSchedulingGate], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut names = HashSet::new();
    for (index, gate) in gates.iter().enumerate() {
        let path = path.index(index);
        errors.extend(invalid_each(&path, &gate.name, format::qualified_name(&gate.name)));
        if !names.insert(gate.name.as_str()) {
            errors.push(Error::duplicate(&path, gate.name.as_str()));
        }
    }
    errors
}

/// `spec.topologySpreadConstraints`.
pub fn topology_spread_constraints(constraints: &[TopologySpreadConstraint], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (index, constraint) in constraints.iter().enumerate() {
        let path = path.index(index);
        let rest = constraints.get(index + 1..).unwrap_or_default();
        errors.extend(spread_constraint(constraint, rest, &path));
    }
    errors
}

/// Of each kind, topology and what to do without room in it, there may be one.
fn spread_constraint(
    constraint: &TopologySpreadConstraint,
    rest: &[TopologySpreadConstraint],
    path: &Path,
) -> ErrorList {
    let mut errors = ErrorList::new();
    if constraint.max_skew <= 0 {
        errors.push(Error::invalid(&path.child("maxSkew"), constraint.max_skew, "must be greater than zero"));
    }
    if constraint.topology_key.is_empty() {
        errors.push(Error::required(&path.child("topologyKey"), "can not be empty"));
    }
    let action = constraint.when_unsatisfiable.as_str();
    if !SPREAD_ACTIONS.contains(&action) {
        errors.push(Error::not_supported(&path.child("whenUnsatisfiable"), action, &SPREAD_ACTIONS));
    }
    let kind = (&constraint.topology_key, &constraint.when_unsatisfiable);
    if rest.iter().any(|other| (&other.topology_key, &other.when_unsatisfiable) == kind) {
        let value = format!("{{{}, {}}}", kind.0, kind.1);
        errors.push(Error::duplicate(&path.child("{topologyKey, whenUnsatisfiable}"), value));
    }
    if let Some(domains) = constraint.min_domains {
        let path = path.child("minDomains");
        if domains <= 0 {
            errors.push(Error::invalid(&path, domains, "must be greater than zero"));
        }
        if action != "DoNotSchedule" {
            let detail = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
            errors.push(Error::invalid(&path, domains, detail));
        }
    }
    let policies = [
        ("nodeAffinityPolicy", constraint.node_affinity_policy.as_deref()),
        ("nodeTaintsPolicy", constraint.node_taints_policy.as_deref()),
    ];
    for (field, policy) in policies {
        if let Some(policy) = policy.filter(|policy| !NODE_POLICIES.contains(policy)) {
            errors.push(Error::not_supported(&path.child(field), policy, &NODE_POLICIES));
        }
    }
    let keys = constraint.match_label_keys.as_deref().unwrap_or_default();
    errors.extend(label_keys(keys, &[], constraint.label_selector.as_ref(), path));
    if let Some(selector) = &constraint.label_selector {
        errors.extend(label_selector(selector, &path.child("labelSelector")));
    }
    errors
}
