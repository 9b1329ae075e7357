//! Why the node does not take a pod (`rejectPod` in `pkg/kubelet/kubelet.go`).

use serde::{Deserialize, Serialize};

/// Why the node does not take a pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rejection {
    /// The reason of the pod's status and of the event.
    pub reason: String,
    /// What the event says.
    pub message: String,
}
