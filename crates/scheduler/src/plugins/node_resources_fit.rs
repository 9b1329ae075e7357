//! A node has to have left what the pod requests; the more is left after that the better (`LeastAllocated`).

use crate::framework::{BEST, ClusterEvent, CycleState, Plugin, Rejection};
use placement::{
    Demand, NodeInfo,
    fit::{Insufficient, insufficient},
};

pub(super) const PLUGIN: Plugin = Plugin {
    name: "NodeResourcesFit",
    weight: 1,
    prepare: |pod, _| Ok(Some(Box::new(NodeResourcesFit { demand: &pod.demand }))),
    may_help: |event, _| match event {
        ClusterEvent::NodeAdded(_) | ClusterEvent::PodGone { .. } => true,
        ClusterEvent::NodeChanged { before, node } => before.allocatable != node.offer.allocatable,
        ClusterEvent::Storage(_) => false,
    },
};

struct NodeResourcesFit<'a> {
    demand: &'a Demand,
}

impl CycleState for NodeResourcesFit<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        let mut rejection = Rejection { reasons: Vec::new(), resolvable: true };
        for Insufficient { resource, requested, capacity, .. } in insufficient(self.demand, node) {
            if resource == "pods" {
                rejection.reasons.push("Too many pods".into());
            } else {
                rejection.reasons.push(format!("Insufficient {resource}"));
                rejection.resolvable &= requested <= capacity;
            }
        }
        if rejection.reasons.is_empty() { Ok(()) } else { Err(rejection) }
    }

    /// The share of CPU and memory that would be left, on average.
    fn score(&self, node: &NodeInfo) -> i64 {
        let share = |name: &str| {
            let capacity = node.offer.allocatable.get(name);
            let left = capacity.saturating_sub(node.scored().get(name)).saturating_sub(self.demand.scored.get(name));
            (capacity > 0).then(|| left.max(0).saturating_mul(BEST) / capacity)
        };
        let shares: Vec<_> = ["cpu", "memory"].into_iter().filter_map(share).collect();
        let count = i64::try_from(shares.len()).unwrap_or(i64::MAX);
        shares.iter().sum::<i64>() / count.max(1)
    }
}
