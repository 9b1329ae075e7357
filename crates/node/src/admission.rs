//! Whether the node takes a pod that has come to it, by the scheduler or not (`canAdmitPod` in
//! `pkg/kubelet/kubelet.go`). Asked once: a pod that was taken stays, whatever changes on the node.

mod admitter;
mod app_armor;
mod kernel_version;
mod node_object;
mod predicates;
mod sysctls;

pub use admitter::Admitter;
use api::pod::phase::is_terminal;
use k8s_openapi::api::core::v1::{Node, Pod};
use kernel_version::KernelVersion;
pub use node_object::NodeObject;
use std::sync::Arc;

use crate::pod::{Observed, Rejection};

/// What there is of the machine for the decision.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    pub kernel: KernelVersion,
    /// Whether the kernel enforces `AppArmor` profiles.
    pub app_armor: bool,
}

impl Facts {
    /// Looks at the machine, whose kernel calls itself `release`.
    pub fn read(release: &str) -> Self {
        Self { kernel: KernelVersion::parse(release), app_armor: app_armor::is_enabled() }
    }
}

/// Whether a pod without a worker is to be judged: it is new, and nothing tells that it was taken before.
pub fn is_due(pod: &Pod, inherited: &Observed) -> bool {
    let status = pod.status.as_ref();
    let was_taken = inherited.start_time.is_some() || status.is_some_and(|status| status.start_time.is_some());
    let has_ended = is_terminal(status.and_then(|status| status.phase.as_deref()));
    !was_taken && !has_ended && pod.metadata.deletion_timestamp.is_none()
}

/// Why the node does not take the pod beside `others`, if it does not.
pub fn admit(pod: &Pod, others: &[Arc<Pod>], node: &Node, facts: Facts) -> Option<Rejection> {
    sysctls::reject(pod, facts.kernel)
        .or_else(|| predicates::reject(pod, others, node))
        .or_else(|| app_armor::reject(pod, facts.app_armor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_new_pods_are_judged() {
        let now = Some(jiff::Timestamp::UNIX_EPOCH);
        for (metadata, status, start_time, is_new) in [
            (json!({}), json!({}), None, true),
            (json!({}), json!({ "phase": "Pending" }), None, true),
            (json!({}), json!({ "phase": "Pending" }), now, false),
            (json!({}), json!({ "startTime": "2026-01-01T00:00:00Z" }), None, false),
            (json!({}), json!({ "phase": "Failed" }), None, false),
            (json!({ "deletionTimestamp": "2026-01-01T00:00:00Z" }), json!({}), None, false),
        ] {
            let pod: Pod = serde_json::from_value(json!({ "metadata": metadata, "status": status })).unwrap();
            let inherited = Observed { start_time, ..Observed::default() };
            assert_eq!(is_due(&pod, &inherited), is_new, "{metadata} {status} {start_time:?}");
        }
    }
}
