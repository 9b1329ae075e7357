//! One pod's way past all plugins.

use super::{CycleState, Plugin, Rejection, Snapshot};
use placement::{NodeInfo, PodInfo};

/// The plugins that have something to say about a pod, each with what it knows for now.
pub(crate) struct Cycle<'a> {
    plugins: Vec<(&'static Plugin, Box<dyn CycleState + 'a>)>,
}

impl<'a> Cycle<'a> {
    pub(crate) fn begin(plugins: &'static [Plugin], pod: &'a PodInfo, snapshot: &'a Snapshot) -> Self {
        let prepared = |plugin: &'static Plugin| Some((plugin, (plugin.prepare)(pod, snapshot)?));
        Self { plugins: plugins.iter().filter_map(prepared).collect() }
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
}
