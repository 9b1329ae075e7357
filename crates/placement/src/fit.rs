//! Whether a node has enough left for a pod (`Fits` in `pkg/scheduler/framework/plugins/noderesources/fit.go`).

use crate::{node_info::NodeInfo, pod_info::Demand};

/// A resource that a node has too little of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insufficient {
    pub resource: String,
    pub requested: i64,
    pub used: i64,
    pub capacity: i64,
}

/// All that the node has too little of for what a pod takes, the number of pods first.
#[must_use]
pub fn insufficient(demand: &Demand, node: &NodeInfo) -> Vec<Insufficient> {
    let lacks = |resource: &str, requested: i64, used: i64| {
        let capacity = node.offer.allocatable.get(resource);
        let lacks = requested > capacity.saturating_sub(used);
        lacks.then(|| Insufficient { resource: resource.to_owned(), requested, used, capacity })
    };
    let requested = demand.requested.iter().filter(|(_, amount)| *amount > 0);
    let resources = requested.filter_map(|(name, amount)| lacks(name, amount, node.requested().get(name)));
    let pods = i64::try_from(node.pods().len()).unwrap_or(i64::MAX);
    lacks("pods", 1, pods).into_iter().chain(resources).collect()
}
