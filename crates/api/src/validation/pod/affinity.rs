//! Where a pod wants to run, relative to nodes and to other pods.

use super::label_keys::label_keys;
use crate::validation::labels::{label_name, label_selector};
use k8s_openapi::api::core::v1::{
    Affinity, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm,
    WeightedPodAffinityTerm,
};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};

const WEIGHT: &str = "must be in the range 1-100";
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// `spec.affinity`.
pub fn affinity(affinity: &Affinity, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if let Some(node) = &affinity.node_affinity {
        errors.extend(node_affinity(node, &path.child("nodeAffinity")));
    }
    if let Some(pods) = &affinity.pod_affinity {
        let (required, preferred) = (
            pods.required_during_scheduling_ignored_during_execution.as_deref(),
            pods.preferred_during_scheduling_ignored_during_execution.as_deref(),
        );
        errors.extend(pod_terms(required, preferred, &path.child("podAffinity")));
    }
    if let Some(pods) = &affinity.pod_anti_affinity {
        let (required, preferred) = (
            pods.required_during_scheduling_ignored_during_execution.as_deref(),
            pods.preferred_during_scheduling_ignored_during_execution.as_deref(),
        );
        errors.extend(pod_terms(required, preferred, &path.child("podAntiAffinity")));
    }
    errors
}

/// `spec.affinity.nodeAffinity`.
pub fn node_affinity(affinity: &NodeAffinity, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if let Some(required) = &affinity.required_during_scheduling_ignored_during_execution {
        errors.extend(node_selector(required, &path.child(REQUIRED)));
    }
    let preferred = affinity.preferred_during_scheduling_ignored_during_execution.as_deref().unwrap_or_default();
    for (index, term) in preferred.iter().enumerate() {
        let path = path.child(PREFERRED).index(index);
        if !(1..=100).contains(&term.weight) {
            errors.push(Error::invalid(&path.child("weight"), term.weight, WEIGHT));
        }
        errors.extend(node_selector_term(&term.preference, false, &path.child("preference")));
    }
    errors
}

/// A selector of nodes.
pub fn node_selector(selector: &NodeSelector, path: &Path) -> ErrorList {
    let path = path.child("nodeSelectorTerms");
    if selector.node_selector_terms.is_empty() {
        return vec![Error::required(&path, "must have at least one node selector term")];
    }
    let terms = selector.node_selector_terms.iter().enumerate();
    terms.flat_map(|(index, term)| node_selector_term(term, true, &path.index(index))).collect()
}

/// Preferences may name values that no label can have; requirements may not (`strict`).
fn node_selector_term(term: &NodeSelectorTerm, strict: bool, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (index, requirement) in term.match_expressions.iter().flatten().enumerate() {
        errors.extend(node_label(requirement, strict, &path.child("matchExpressions").index(index)));
    }
    for (index, requirement) in term.match_fields.iter().flatten().enumerate() {
        errors.extend(node_field(requirement, &path.child("matchFields").index(index)));
    }
    errors
}

fn node_label(requirement: &NodeSelectorRequirement, strict: bool, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let values = requirement.values.as_deref().unwrap_or_default();
    let values_path = path.child("values");
    match requirement.operator.as_str() {
        "In" | "NotIn" if values.is_empty() => {
            errors.push(Error::required(&values_path, "must be specified when `operator` is 'In' or 'NotIn'"));
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            errors.push(Error::forbidden(&values_path, detail));
        }
        "Gt" | "Lt" if values.len() != 1 => {
            let detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
            errors.push(Error::required(&values_path, detail));
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
        other => errors.push(Error::invalid(&path.child("operator"), other, "not a valid selector operator")),
    }
    errors.extend(label_name(&requirement.key, &path.child("key")));
    for (index, value) in values.iter().enumerate().filter(|_| strict) {
        errors.extend(invalid_each(&values_path.index(index), value, format::label_value(value)));
    }
    errors
}

fn node_field(requirement: &NodeSelectorRequirement, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let values = requirement.values.as_deref().unwrap_or_default();
    match requirement.operator.as_str() {
        "In" | "NotIn" if values.len() == 1 => {}
        "In" | "NotIn" => {
            let detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            errors.push(Error::required(&path.child("values"), detail));
        }
        other => errors.push(Error::invalid(&path.child("operator"), other, "not a valid selector operator")),
    }
    if requirement.key != "metadata.name" {
        let detail = "not a valid field selector key";
        errors.push(Error::invalid(&path.child("key"), requirement.key.as_str(), detail));
        return errors;
    }
    for (index, value) in values.iter().enumerate() {
        let path = path.child("values").index(index);
        errors.extend(invalid_each(&path, value, format::dns1123_subdomain(value)));
    }
    errors
}

fn pod_terms(
    required: Option<&[PodAffinityTerm]>,
    preferred: Option<&[WeightedPodAffinityTerm]>,
    path: &Path,
) -> ErrorList {
    let mut errors = ErrorList::new();
    for (index, term) in required.unwrap_or_default().iter().enumerate() {
        errors.extend(pod_affinity_term(term, &path.child(REQUIRED).index(index)));
    }
    for (index, weighted) in preferred.unwrap_or_default().iter().enumerate() {
        let path = path.child(PREFERRED).index(index);
        if !(1..=100).contains(&weighted.weight) {
            errors.push(Error::invalid(&path.child("weight"), weighted.weight, WEIGHT));
        }
        errors.extend(pod_affinity_term(&weighted.pod_affinity_term, &path.child("podAffinityTerm")));
    }
    errors
}

fn pod_affinity_term(term: &PodAffinityTerm, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (field, selector) in [("labelSelector", &term.label_selector), ("namespaceSelector", &term.namespace_selector)]
    {
        if let Some(selector) = selector {
            errors.extend(label_selector(selector, &path.child(field)));
        }
    }
    for namespace in term.namespaces.iter().flatten() {
        errors.extend(invalid_each(&path.child("namespace"), namespace, format::dns1123_label(namespace)));
    }
    let (matching, mismatching) = (term.match_label_keys.as_deref(), term.mismatch_label_keys.as_deref());
    let selector = term.label_selector.as_ref();
    errors.extend(label_keys(matching.unwrap_or_default(), mismatching.unwrap_or_default(), selector, path));
    let key_path = path.child("topologyKey");
    if term.topology_key.is_empty() {
        errors.push(Error::required(&key_path, "can not be empty"));
    }
    errors.extend(label_name(&term.topology_key, &key_path));
    errors
}
