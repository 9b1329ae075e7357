//! In a large cluster not every node is looked at for every pod.

use placement::NodeInfo;
use std::{collections::BTreeMap, ops::Bound};

/// So many fitting nodes are always looked for (`minFeasibleNodesToFind`).
const LEAST: usize = 100;
/// Never less than that many of a hundred nodes (`minFeasibleNodesPercentageToFind`).
const LEAST_PERCENT: usize = 5;

/// How many fitting nodes are enough to choose from: a share that shrinks as the cluster grows
/// (`numFeasibleNodesToFind`, with `percentageOfNodesToScore` not set).
pub(super) fn enough(nodes: usize) -> usize {
    if nodes < LEAST {
        return nodes;
    }
    let percent = 50_usize.saturating_sub(nodes / 125).max(LEAST_PERCENT);
    (nodes * percent / 100).max(LEAST)
}

/// All nodes, beginning with the one of this name or the first behind it, so that each has its turn. (kube-scheduler
/// alternates between zones on its way; here the order is that of the names.)
pub(super) fn in_turn<'a>(nodes: &'a BTreeMap<String, NodeInfo>, from: &str) -> impl Iterator<Item = &'a NodeInfo> {
    let behind = nodes.range::<str, _>((Bound::Included(from), Bound::Unbounded));
    let before = nodes.range::<str, _>((Bound::Unbounded, Bound::Excluded(from)));
    behind.chain(before).map(|(_, node)| node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_the_cluster_the_smaller_the_share() {
        for (nodes, expected) in
            [(0, 0), (99, 99), (100, 100), (200, 100), (1000, 420), (5000, 500), (6000, 300), (20_000, 1000)]
        {
            assert_eq!(enough(nodes), expected, "{nodes}");
        }
    }

    #[test]
    fn every_node_has_its_turn() {
        let nodes = ["a", "b", "d"].map(|name| (name.to_owned(), NodeInfo::default())).into();
        for (from, first) in [("", 0), ("a", 0), ("b", 1), ("c", 2), ("d", 2), ("e", 0)] {
            let order: Vec<_> = in_turn(&nodes, from).map(std::ptr::from_ref).collect();
            let mut expected: Vec<_> = nodes.values().map(std::ptr::from_ref).collect();
            expected.rotate_left(first);
            assert_eq!(order, expected, "{from}");
        }
    }
}
