//! Taints of nodes and the tolerations of pods.

use k8s_openapi::api::core::v1::{Pod, Taint, Toleration};

/// The taint that stands for a node's `spec.unschedulable`, so that a pod can tolerate it.
#[must_use]
pub fn unschedulable() -> Taint {
    Taint { key: "node.kubernetes.io/unschedulable".into(), effect: "NoSchedule".into(), ..Taint::default() }
}

/// Whether a taint keeps pods away that do not tolerate it.
#[must_use]
pub fn forbids(taint: &Taint) -> bool {
    matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute")
}

/// Whether a taint makes a node a worse choice.
#[must_use]
pub fn discourages(taint: &Taint) -> bool {
    taint.effect == "PreferNoSchedule"
}

/// Whether a pod has a toleration for the taint.
#[must_use]
pub fn tolerates(pod: &Pod, taint: &Taint) -> bool {
    let tolerations = pod.spec.as_ref().and_then(|spec| spec.tolerations.as_ref());
    tolerations.into_iter().flatten().any(|toleration| covers(toleration, taint))
}

fn covers(toleration: &Toleration, taint: &Taint) -> bool {
    let unset_or = |value: &Option<String>, wanted: &str| {
        value.as_deref().filter(|value| !value.is_empty()).is_none_or(|value| value == wanted)
    };
    if !unset_or(&toleration.effect, &taint.effect) || !unset_or(&toleration.key, &taint.key) {
        return false;
    }
    match toleration.operator.as_deref() {
        Some("Exists") => true,
        None | Some("" | "Equal") => toleration.value.as_deref().unwrap_or("") == taint.value.as_deref().unwrap_or(""),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tolerations_cover_taints_as_in_kubernetes() {
        let taint = Taint {
            key: "dedicated".into(),
            value: Some("gpu".into()),
            effect: "NoSchedule".into(),
            ..Taint::default()
        };
        let cases = [
            (json!({ "operator": "Exists" }), true),
            (json!({ "key": "dedicated", "operator": "Exists" }), true),
            (json!({ "key": "dedicated", "operator": "Exists", "effect": "NoSchedule" }), true),
            (json!({ "key": "dedicated", "operator": "Exists", "effect": "NoExecute" }), false),
            (json!({ "key": "dedicated", "value": "gpu" }), true),
            (json!({ "key": "dedicated", "operator": "Equal", "value": "gpu", "effect": "" }), true),
            (json!({ "key": "dedicated", "operator": "Equal", "value": "cpu" }), false),
            (json!({ "key": "dedicated" }), false),
            (json!({ "key": "other", "operator": "Exists" }), false),
            (json!({ "key": "dedicated", "operator": "Unknown", "value": "gpu" }), false),
        ];
        for (toleration, expected) in cases {
            assert_eq!(covers(&serde_json::from_value(toleration.clone()).unwrap(), &taint), expected, "{toleration}");
        }
    }
}
