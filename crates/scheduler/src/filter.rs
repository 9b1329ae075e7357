//! Whether a pod can run on a node, and if not, why: kube-scheduler's filters, in its order and words.

use k8s_openapi::api::core::v1::Pod;
use placement::{
    Demand, NodeInfo,
    fit::{self, Insufficient},
    node_affinity, ports, taints,
};

/// Why a pod cannot run on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub(crate) reasons: Vec<String>,
    /// Whether the pod could run there if some others went.
    pub(crate) resolvable: bool,
}

impl Rejection {
    fn unresolvable(reason: &str) -> Self {
        Self { reasons: vec![reason.into()], resolvable: false }
    }
}

/// The first filter that rejects the pod says why.
pub(crate) fn filter(pod: &Pod, demand: &Demand, node: &NodeInfo) -> Result<(), Rejection> {
    if node.offer.unschedulable && !taints::tolerates(pod, &taints::unschedulable()) {
        return Err(Rejection::unresolvable("node(s) were unschedulable"));
    }
    if node.offer.taints.iter().any(|taint| taints::forbids(taint) && !taints::tolerates(pod, taint)) {
        return Err(Rejection::unresolvable("node(s) had untolerated taint(s)"));
    }
    if !node_affinity::allows(pod, node.identity()) {
        return Err(Rejection::unresolvable(node_affinity::MISMATCH));
    }
    if ports::conflict(&demand.ports, node.ports()) {
        return Err(Rejection { reasons: vec![ports::CONFLICT.into()], resolvable: true });
    }
    fits(demand, node)
}

fn fits(demand: &Demand, node: &NodeInfo) -> Result<(), Rejection> {
    let mut rejection = Rejection { reasons: Vec::new(), resolvable: true };
    for Insufficient { resource, requested, capacity, .. } in fit::insufficient(demand, node) {
        if resource == "pods" {
            rejection.reasons.push("Too many pods".into());
        } else {
            rejection.reasons.push(format!("Insufficient {resource}"));
            rejection.resolvable &= requested <= capacity;
        }
    }
    if rejection.reasons.is_empty() { Ok(()) } else { Err(rejection) }
}
