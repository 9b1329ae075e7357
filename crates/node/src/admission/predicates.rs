//! Whether the pod may be on this node, and has room on it (`pkg/kubelet/lifecycle/predicate.go`).

use crate::pod::Rejection;
use k8s_openapi::api::core::v1::{Node, Pod};
use placement::{Misfit, NodeInfo, admission_check};
use std::sync::Arc;

/// The first predicate that the pod fails beside `others`, the pods that the node has.
pub(super) fn reject(pod: &Pod, others: &[Arc<Pod>], node: &Node) -> Option<Rejection> {
    let rejection = |reason: &str, message: &str| Some(Rejection { reason: reason.into(), message: message.into() });
    match admission_check(pod, &NodeInfo::with_pods(node, others.iter().map(AsRef::as_ref)))? {
        Misfit::OperatingSystemLabel => {
            let message = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
            rejection("PodOSSelectorNodeLabelDoesNotMatch", message)
        }
        Misfit::OperatingSystem => {
            rejection("PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS")
        }
        Misfit::Insufficient(lacking) => Some(Rejection {
            reason: format!("OutOf{}", lacking.resource),
            message: format!(
                "Node didn't have enough resource: {}, requested: {}, used: {}, capacity: {}",
                lacking.resource, lacking.requested, lacking.used, lacking.capacity
            ),
        }),
        Misfit::Filter { name, reason } => rejection(name, &format!("Predicate {name} failed: {reason}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const OS_LABEL: &str = "kubernetes.io/os";

    fn node(max_pods: &str) -> Node {
        serde_json::from_value(json!({
            "metadata": { "name": "one", "labels": { "disk": "ssd", OS_LABEL: "linux" } },
            "spec": { "taints": [{ "key": "gone", "effect": "NoExecute" }] },
            "status": { "allocatable": { "cpu": "2", "memory": "4Ki", "pods": max_pods } },
        }))
        .unwrap()
    }

    /// A pod that tolerates the node's taint and requests this.
    fn pod(requests: &serde_json::Value) -> Pod {
        let container = json!({ "name": "c", "resources": { "requests": requests } });
        let tolerations = json!([{ "operator": "Exists" }]);
        serde_json::from_value(json!({ "spec": { "containers": [container], "tolerations": tolerations } })).unwrap()
    }

    #[test]
    fn a_pod_needs_room_beside_the_others() {
        let others = [Arc::new(pod(&json!({ "cpu": "500m", "memory": "3Ki" })))];
        for (requests, max_pods, expected) in [
            (json!({ "cpu": "1500m", "memory": "1Ki" }), "2", None),
            (json!({ "cpu": "2" }), "2", Some(("cpu", "requested: 2000, used: 500, capacity: 2000"))),
            (json!({ "memory": "2Ki" }), "2", Some(("memory", "requested: 2048, used: 3072, capacity: 4096"))),
            (json!({ "cpu": "2" }), "1", Some(("pods", "requested: 1, used: 1, capacity: 1"))),
        ] {
            let expected = expected.map(|(resource, amounts)| Rejection {
                reason: format!("OutOf{resource}"),
                message: format!("Node didn't have enough resource: {resource}, {amounts}"),
            });
            assert_eq!(reject(&pod(&requests), &others, &node(max_pods)), expected, "{requests} {max_pods}");
        }
    }

    #[test]
    fn a_pod_has_to_match_the_node() {
        let affinity = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";
        let os_field = "Failed to admit pod as the OS field doesn't match node OS";
        let os_label = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
        let taint = "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate";
        for (change, expected) in [
            (json!({ "spec": { "nodeSelector": { "disk": "ssd", OS_LABEL: "linux" } } }), None),
            (json!({ "spec": { "nodeSelector": { "disk": "hdd" } } }), Some(("NodeAffinity", affinity))),
            (json!({ "spec": { "os": { "name": "linux" } } }), None),
            (json!({ "spec": { "os": { "name": "windows" } } }), Some(("PodOSNotSupported", os_field))),
            (
                json!({ "metadata": { "labels": { OS_LABEL: "windows" } } }),
                Some(("PodOSSelectorNodeLabelDoesNotMatch", os_label)),
            ),
            (json!({ "spec": { "tolerations": [] } }), Some(("TaintToleration", taint))),
        ] {
            let mut pod = pod(&json!({}));
            let change: Pod = serde_json::from_value(change).unwrap();
            pod.metadata = change.metadata;
            let (spec, changed) = (pod.spec.as_mut().unwrap(), change.spec.unwrap_or_default());
            spec.node_selector = changed.node_selector;
            spec.os = changed.os;
            spec.tolerations = changed.tolerations.or(spec.tolerations.take());
            let expected =
                expected.map(|(reason, message)| Rejection { reason: reason.into(), message: message.into() });
            assert_eq!(reject(&pod, &[], &node("1")), expected);
        }
    }
}
