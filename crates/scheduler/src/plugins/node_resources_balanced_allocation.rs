//! The more alike the used shares of CPU and memory would be, the better.

use crate::framework::{BEST, CycleState, Plugin};
use placement::{Demand, NodeInfo};

pub(super) const PLUGIN: Plugin = Plugin {
    name: "NodeResourcesBalancedAllocation",
    weight: 1,
    prepare: |pod, _| Ok(Some(Box::new(BalancedAllocation { demand: &pod.demand }))),
    may_help: |_, _| false,
};

struct BalancedAllocation<'a> {
    demand: &'a Demand,
}

impl CycleState for BalancedAllocation<'_> {
    /// In thousandths, as whole numbers give the same answer on every machine.
    fn score(&self, node: &NodeInfo) -> i64 {
        let share = |name: &str| {
            let capacity = node.offer.allocatable.get(name);
            let used = node.requested().get(name).saturating_add(self.demand.requested.get(name));
            (capacity > 0).then(|| (used.saturating_mul(1000) / capacity).clamp(0, 1000))
        };
        match (share("cpu"), share("memory")) {
            (Some(cpu), Some(memory)) => (1000 - (cpu - memory).abs() / 2) * BEST / 1000,
            _ => BEST,
        }
    }
}
