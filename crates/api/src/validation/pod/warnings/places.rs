//! Labels of nodes that have been renamed, and selectors that select nothing.

use k8s_openapi::api::core::v1::{NodeSelectorTerm, PodAffinityTerm, PodSpec, WeightedPodAffinityTerm};
use machinery::{field::Path, format};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
const DEPRECATED_LABELS: [(&str, &str); 8] = [
    ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
    ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    ("failure-domain.beta.kubernetes.io/zone", "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"),
    ("beta.kubernetes.io/instance-type", "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"),
    ("app.kubernetes.io/created-by", "deprecated since v1.9"),
    ("scheduler.alpha.kubernetes.io/preferAvoidPods", "deprecated since v1.22; use Taints and Tolerations instead"),
    ("node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead"),
];

/// Labels in the node selector, in node affinities and as topologies.
pub fn places(spec: &PodSpec, path: &Path) -> Vec<String> {
    let mut warnings = Vec::new();
    for key in spec.node_selector.iter().flat_map(|selector| selector.keys()) {
        let message = deprecated(key);
        warnings.extend(message.map(|message| format!("{}: {message}", path.child("nodeSelector").key(key))));
    }
    if let Some(affinity) = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref()) {
        let path = path.child("affinity").child("nodeAffinity");
        let required = affinity.required_during_scheduling_ignored_during_execution.iter();
        let terms_path = path.child(REQUIRED).child("nodeSelectorTerms");
        for (index, term) in required.flat_map(|selector| &selector.node_selector_terms).enumerate() {
            warnings.extend(node_term(term, false, &terms_path.index(index)));
        }
        let preferred = affinity.preferred_during_scheduling_ignored_during_execution.iter().flatten();
        for (index, term) in preferred.enumerate() {
            let path = path.child(PREFERRED).index(index).child("preference");
            warnings.extend(node_term(&term.preference, true, &path));
        }
    }
    for (index, constraint) in spec.topology_spread_constraints.iter().flatten().enumerate() {
        let path = path.child("topologySpreadConstraints").index(index);
        warnings.extend(renamed(&constraint.topology_key, &path.child("topologyKey")));
        if constraint.label_selector.is_none() {
            warnings.push(null_selector(&path));
        }
    }
    warnings
}

/// Affinities without a selector.
pub fn selectors(spec: &PodSpec, path: &Path) -> Vec<String> {
    let mut warnings = Vec::new();
    let Some(affinity) = &spec.affinity else { return warnings };
    let path = path.child("affinity");
    if let Some(pods) = &affinity.pod_affinity {
        let path = path.child("podAffinity");
        warnings.extend(required(pods.required_during_scheduling_ignored_during_execution.as_deref(), &path));
        warnings.extend(preferred(pods.preferred_during_scheduling_ignored_during_execution.as_deref(), &path));
    }
    if let Some(pods) = &affinity.pod_anti_affinity {
        let path = path.child("podAntiAffinity");
        warnings.extend(required(pods.required_during_scheduling_ignored_during_execution.as_deref(), &path));
        warnings.extend(preferred(pods.preferred_during_scheduling_ignored_during_execution.as_deref(), &path));
    }
    warnings
}

fn required(terms: Option<&[PodAffinityTerm]>, path: &Path) -> Vec<String> {
    let terms = terms.unwrap_or_default().iter().enumerate();
    let blind = terms.filter(|(_, term)| term.label_selector.is_none());
    blind.map(|(index, _)| null_selector(&path.child(REQUIRED).index(index))).collect()
}

fn preferred(terms: Option<&[WeightedPodAffinityTerm]>, path: &Path) -> Vec<String> {
    let terms = terms.unwrap_or_default().iter().enumerate();
    let blind = terms.filter(|(_, term)| term.pod_affinity_term.label_selector.is_none());
    blind.map(|(index, _)| null_selector(&path.child(PREFERRED).index(index).child("podAffinityTerm"))).collect()
}

fn null_selector(path: &Path) -> String {
    format!("{}: a null labelSelector results in matching no pod", path.child("labelSelector"))
}

fn node_term(term: &NodeSelectorTerm, check_values: bool, path: &Path) -> Vec<String> {
    let mut warnings = Vec::new();
    for (index, expression) in term.match_expressions.iter().flatten().enumerate() {
        let path = path.child("matchExpressions").index(index);
        warnings.extend(renamed(&expression.key, &path.child("key")));
        for (index, value) in expression.values.iter().flatten().enumerate().filter(|_| check_values) {
            let path = path.child("values").index(index);
            let messages = format::label_value(value).into_iter();
            warnings.extend(messages.map(|message| format!("{path}: {value} is invalid, {message}")));
        }
    }
    warnings
}

fn renamed(key: &str, path: &Path) -> Option<String> {
    deprecated(key).map(|message| format!("{path}: {key} is {message}"))
}

fn deprecated(key: &str) -> Option<&'static str> {
    DEPRECATED_LABELS.iter().find(|(label, _)| *label == key).map(|(_, message)| *message)
}
