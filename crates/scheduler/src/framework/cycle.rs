//! One pod's way past all plugins.

use super::{CycleState, Plugin, Rejection, Reservation, Snapshot};
use placement::{NodeInfo, PodInfo};

/// The plugins that have something to say about a pod, each with what it knows for now.
pub(crate) struct Cycle<'a> {
    plugins: Vec<(&'static Plugin, Box<dyn CycleState + 'a>)>,
}

impl<'a> Cycle<'a> {
    /// The first plugin for which no node will do says why.
    pub(crate) fn begin(
        plugins: &'static [Plugin],
        pod: &'a PodInfo,
        snapshot: &'a Snapshot,
    ) -> Result<Self, (&'static str, Rejection)> {
        let prepared = |plugin: &'static Plugin| match (plugin.prepare)(pod, snapshot) {
            Ok(state) => state.map(|state| Ok((plugin, state))),
            Err(rejection) => Some(Err((plugin.name, rejection))),
        };
        Ok(Self { plugins: plugins.iter().filter_map(prepared).collect::<Result<_, _>>()? })
    }

    /// The first plugin that rejects the node says why.
    pub(crate) fn filter(&self, node: &NodeInfo) -> Result<(), (&'static str, Rejection)> {
        let judge = |(plugin, state): &(&Plugin, Box<dyn CycleState + 'a>)| {
            state.filter(node).map_err(|rejection| (plugin.name, rejection))
        };
        self.plugins.iter().try_for_each(judge)
    }

    /// The score of each node, in the order given; more is better.
    pub(crate) fn scores(&self, nodes: &[&NodeInfo]) -> Vec<i64> {
        let mut totals = vec![0; nodes.len()];
        for (plugin, state) in self.plugins.iter().filter(|(plugin, _)| plugin.weight > 0) {
            let mut scores: Vec<_> = nodes.iter().map(|node| state.score(node)).collect();
            state.normalize(&mut scores);
            totals.iter_mut().zip(scores).for_each(|(total, score)| *total += plugin.weight * score);
        }
        totals
    }

    /// What the pod takes if it goes to this node.
    pub(crate) fn reserve(&self, node: &NodeInfo) -> Reservation {
        let mut reservation = Reservation::default();
        self.plugins.iter().for_each(|(_, state)| state.reserve(node, &mut reservation));
        reservation
    }
}
