//! What the statuses of a pod and its containers follow from.

use super::observed::Observed;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, PodSpec};

/// Which of the pod's lists a container stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContainerKind {
    Init,
    Main,
    Ephemeral,
}

/// What a container's status follows from.
pub(super) struct Facts<'a> {
    pub pod: &'a Pod,
    pub spec: &'a PodSpec,
    pub observed: &'a Observed,
    pub now: Timestamp,
}
