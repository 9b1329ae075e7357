//! What the API shall say about a pod.

use std::net::IpAddr;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, PodStatus};

use super::Observed;

/// The status of a pod (`generateAPIPodStatus` in pkg/kubelet/kubelet_pods.go). `previous` is the last status written
/// (or the pod's own, after a restart); `host_ips` are the node's addresses, the first one preferred.
#[must_use]
pub fn status(
    _pod: &Pod,
    _observed: &Observed,
    _host_ips: &[IpAddr],
    previous: &PodStatus,
    _now: Timestamp,
) -> PodStatus {
    previous.clone()
}
