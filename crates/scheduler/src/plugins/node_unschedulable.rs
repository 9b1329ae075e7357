//! Cordoned nodes take only pods that tolerate it.

use crate::framework::{ClusterEvent, CycleState, Plugin, Rejection};
use placement::{NodeInfo, taints};

pub(super) const PLUGIN: Plugin = Plugin {
    name: "NodeUnschedulable",
    weight: 0,
    prepare: |pod, _| {
        let tolerates = taints::tolerates(&pod.pod, &taints::unschedulable());
        Ok((!tolerates).then(|| Box::new(Intolerant) as Box<dyn CycleState>))
    },
    may_help: |event, _| match event {
        ClusterEvent::NodeAdded(_) => true,
        ClusterEvent::NodeChanged { before, node } => before.unschedulable != node.offer.unschedulable,
        ClusterEvent::PodGone { .. } | ClusterEvent::Storage(_) => false,
    },
};

struct Intolerant;

impl CycleState for Intolerant {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        if node.offer.unschedulable { Err(Rejection::unresolvable("node(s) were unschedulable")) } else { Ok(()) }
    }
}
