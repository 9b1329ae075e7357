//! Where a pod stands in its life.

use k8s_openapi::api::core::v1::Pod;

/// Whether a pod in this phase has come to its end: no container of it runs any more, or ever will again.
#[must_use]
pub fn is_terminal(phase: Option<&str>) -> bool {
    matches!(phase, Some("Succeeded" | "Failed"))
}

/// Whether the pod has come to its end (`IsPodTerminal` in `pkg/api/v1/pod/util.go`).
#[must_use]
pub fn has_ended(pod: &Pod) -> bool {
    is_terminal(pod.status.as_ref().and_then(|status| status.phase.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_succeeded_and_failed_pods_have_ended() {
        for (status, expected) in [
            (json!({}), false),
            (json!({ "phase": "Pending" }), false),
            (json!({ "phase": "Running" }), false),
            (json!({ "phase": "Unknown" }), false),
            (json!({ "phase": "Succeeded" }), true),
            (json!({ "phase": "Failed" }), true),
        ] {
            let pod: Pod = serde_json::from_value(json!({ "status": status })).unwrap();
            assert_eq!(has_ended(&pod), expected, "{status}");
        }
        assert!(!has_ended(&Pod::default()));
    }
}
