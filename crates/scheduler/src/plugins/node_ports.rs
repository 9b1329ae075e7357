//! A port of a node is for one pod.

use crate::framework::{ClusterEvent, CycleState, Plugin, Rejection};
use placement::{
    NodeInfo,
    ports::{self, HostPort},
};

pub(super) const PLUGIN: Plugin = Plugin {
    name: "NodePorts",
    weight: 0,
    prepare: |pod, _| {
        let wanted = &pod.demand.ports;
        Ok((!wanted.is_empty()).then(|| Box::new(NodePorts { wanted }) as Box<dyn CycleState>))
    },
    may_help: |event, pod| match event {
        ClusterEvent::NodeAdded(_) => true,
        ClusterEvent::NodeChanged { .. } | ClusterEvent::Storage(_) => false,
        ClusterEvent::PodGone { pod: gone, .. } => ports::conflict(&pod.demand.ports, &gone.demand.ports),
    },
};

struct NodePorts<'a> {
    wanted: &'a [HostPort],
}

impl CycleState for NodePorts<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        if ports::conflict(self.wanted, node.ports()) {
            return Err(Rejection::resolvable(ports::CONFLICT));
        }
        Ok(())
    }
}
