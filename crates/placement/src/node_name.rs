//! Whether a pod that names its node names this one.

use k8s_openapi::api::core::v1::Pod;

/// What is said of a node that is not the one named.
pub const MISMATCH: &str = "node(s) didn't match the requested node name";

/// Whether the pod names no node, or this one.
#[must_use]
pub fn allows(pod: &Pod, node: &str) -> bool {
    let named = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
    named.is_none_or(|named| named.is_empty() || named == node)
}
