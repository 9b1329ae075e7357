//! Taints keep away pods that do not tolerate them, or make a node a worse choice for them.

use crate::framework::{BEST, ClusterEvent, CycleState, Plugin, Rejection, normalize};
use k8s_openapi::api::core::v1::Pod;
use placement::{NodeInfo, taints};

pub(super) const PLUGIN: Plugin = Plugin {
    name: "TaintToleration",
    weight: 3,
    prepare: |pod, _| Ok(Some(Box::new(TaintToleration { pod: &pod.pod }))),
    may_help: |event, _| match event {
        ClusterEvent::NodeAdded(_) => true,
        ClusterEvent::NodeChanged { before, node } => before.taints != node.offer.taints,
        ClusterEvent::PodGone { .. } | ClusterEvent::Storage(_) => false,
    },
};

struct TaintToleration<'a> {
    pod: &'a Pod,
}

impl CycleState for TaintToleration<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        let mut forbidding = node.offer.taints.iter().filter(|taint| taints::forbids(taint));
        if forbidding.any(|taint| !taints::tolerates(self.pod, taint)) {
            return Err(Rejection::unresolvable("node(s) had untolerated taint(s)"));
        }
        Ok(())
    }

    /// How many taints ask this pod to stay away.
    fn score(&self, node: &NodeInfo) -> i64 {
        let discouraging = node.offer.taints.iter().filter(|taint| taints::discourages(taint));
        discouraging.filter(|taint| !taints::tolerates(self.pod, taint)).map(|_| 1).sum()
    }

    fn normalize(&self, scores: &mut [i64]) {
        normalize(scores);
        for score in scores {
            *score = BEST - *score;
        }
    }
}
