//! How good a node is for a pod that can run on it: kube-scheduler's scores and their default weights.

use k8s_openapi::api::core::v1::Pod;
use placement::{Demand, NodeInfo, node_affinity, taints};

/// The best score that one criterion gives (`MaxNodeScore`).
const BEST: i64 = 100;

/// The score of each node, in the order given; more is better.
pub(crate) fn score(pod: &Pod, demand: &Demand, nodes: &[&NodeInfo]) -> Vec<i64> {
    let preferences: Vec<_> = nodes.iter().map(|node| node_affinity::preference(pod, node.identity())).collect();
    let discouragements: Vec<_> = nodes.iter().map(|node| discouragements(pod, node)).collect();
    let (most_preferred, most_discouraged) = (greatest(&preferences), greatest(&discouragements));
    let relative = |value: i64, greatest: i64| if greatest == 0 { 0 } else { value * BEST / greatest };
    let one = |(node, (preference, discouragement)): (&&NodeInfo, (&i64, &i64))| {
        least_allocated(demand, node)
            + balanced_allocation(demand, node)
            + 2 * relative(*preference, most_preferred)
            + 3 * (BEST - relative(*discouragement, most_discouraged))
    };
    nodes.iter().zip(preferences.iter().zip(&discouragements)).map(one).collect()
}

fn greatest(values: &[i64]) -> i64 {
    values.iter().copied().max().unwrap_or(0)
}

/// How many taints ask this pod to stay away.
fn discouragements(pod: &Pod, node: &NodeInfo) -> i64 {
    let taints = node.offer.taints.iter().filter(|taint| taints::discourages(taint) && !taints::tolerates(pod, taint));
    taints.map(|_| 1).sum()
}

/// The share of CPU and memory that would be left, on average (`NodeResourcesFit`, `LeastAllocated`).
fn least_allocated(demand: &Demand, node: &NodeInfo) -> i64 {
    let share = |name: &str| {
        let capacity = node.offer.allocatable.get(name);
        let left = capacity - node.scored().get(name) - demand.scored.get(name);
        (capacity > 0).then(|| left.max(0).saturating_mul(BEST) / capacity)
    };
    let shares: Vec<_> = ["cpu", "memory"].into_iter().filter_map(share).collect();
    let count = i64::try_from(shares.len()).unwrap_or(i64::MAX);
    shares.iter().sum::<i64>() / count.max(1)
}

/// How alike the used shares of CPU and memory would be (`NodeResourcesBalancedAllocation`). In thousandths, as
/// whole numbers give the same answer on every machine.
fn balanced_allocation(demand: &Demand, node: &NodeInfo) -> i64 {
    let share = |name: &str| {
        let capacity = node.offer.allocatable.get(name);
        let used = node.requested().get(name) + demand.requested.get(name);
        (capacity > 0).then(|| (used.saturating_mul(1000) / capacity).min(1000))
    };
    match (share("cpu"), share("memory")) {
        (Some(cpu), Some(memory)) => (1000 - (cpu - memory).abs() / 2) * BEST / 1000,
        _ => BEST,
    }
}
