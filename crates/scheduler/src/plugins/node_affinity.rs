//! Nodes that the pod's node selector and node affinity demand or prefer.

use crate::framework::{ClusterEvent, CycleState, Plugin, Rejection, normalize};
use k8s_openapi::api::core::v1::Pod;
use placement::{NodeInfo, node_affinity};

pub(super) const PLUGIN: Plugin = Plugin {
    name: "NodeAffinity",
    weight: 2,
    prepare: |pod, _| {
        let spec = pod.pod.spec.as_ref();
        let wishes = spec.is_some_and(|spec| spec.node_selector.is_some() || spec.affinity.is_some());
        Ok(wishes.then(|| Box::new(NodeAffinity { pod: &pod.pod }) as Box<dyn CycleState>))
    },
    may_help: |event, _| match event {
        ClusterEvent::NodeAdded(_) => true,
        ClusterEvent::NodeChanged { before, node } => before.labels != node.offer.labels,
        ClusterEvent::PodGone { .. } | ClusterEvent::Storage(_) => false,
    },
};

struct NodeAffinity<'a> {
    pod: &'a Pod,
}

impl CycleState for NodeAffinity<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        if node_affinity::allows(self.pod, node.identity()) {
            Ok(())
        } else {
            Err(Rejection::unresolvable(node_affinity::MISMATCH))
        }
    }

    fn score(&self, node: &NodeInfo) -> i64 {
        node_affinity::preference(self.pod, node.identity())
    }

    fn normalize(&self, scores: &mut [i64]) {
        normalize(scores);
    }
}
