//! The decision: which node a pod goes to, or why to none.

use crate::{
    framework::{Cycle, Rejection, Snapshot},
    plugins::PLUGINS,
};
use k8s_openapi::api::core::v1::Pod;
use placement::PodInfo;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Chooses a number below the one given; it decides between nodes that are equally good.
pub type Choose<'a> = &'a mut dyn FnMut(usize) -> usize;

/// The node that is best for the pod.
///
/// A pure function: the same pod, nodes and choice give the same answer. What it considers and how it weighs it is
/// kube-scheduler's default profile, without what concerns other pods (affinity between pods, topology spread),
/// volumes, and preemption.
pub fn schedule<'a>(pod: &PodInfo, snapshot: &'a Snapshot, choose: Choose<'_>) -> Result<&'a str, FitError> {
    let cycle = Cycle::begin(PLUGINS, pod, snapshot);
    let mut rejections = Vec::new();
    let mut feasible = Vec::new();
    for node in snapshot.values() {
        match cycle.filter(node) {
            Ok(()) => feasible.push(node),
            Err(rejection) => rejections.push(rejection),
        }
    }
    let scores = cycle.scores(&feasible);
    let best = scores.iter().copied().max();
    let best: Vec<_> = feasible.iter().zip(&scores).filter(|(_, score)| Some(**score) == best).collect();
    let chosen = if best.len() > 1 { choose(best.len()) } else { 0 };
    match best.get(chosen).or(best.first()) {
        Some((node, _)) => Ok(node.name()),
        None => Err(FitError { rejections, may_preempt: may_preempt(&pod.pod) }),
    }
}

fn may_preempt(pod: &Pod) -> bool {
    pod.spec.as_ref().and_then(|spec| spec.preemption_policy.as_deref()) != Some("Never")
}

/// Why a pod fits on no node. Its text is that of kube-scheduler's `FitError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FitError {
    /// One for each node, with the name of the plugin.
    rejections: Vec<(&'static str, Rejection)>,
    may_preempt: bool,
}

impl FitError {
    /// The plugins that rejected a node.
    pub(crate) fn plugins(&self) -> BTreeSet<&'static str> {
        self.rejections.iter().map(|(plugin, _)| *plugin).collect()
    }
}

impl std::error::Error for FitError {}

impl fmt::Display for FitError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.rejections.len();
        if nodes == 0 {
            return formatter.write_str("no nodes available to schedule pods");
        }
        let reasons = histogram(self.rejections.iter().flat_map(|(_, rejection)| &rejection.reasons));
        // What the plugins say that run after the filters: DynamicResources and DefaultPreemption.
        write!(formatter, "0/{nodes} nodes are available: {reasons}. no new claims to deallocate, preemption: ")?;
        if !self.may_preempt {
            return formatter.write_str("not eligible due to preemptionPolicy=Never.");
        }
        let outcome = |(_, rejection): &(&str, Rejection)| {
            if rejection.resolvable {
                "No preemption victims found for incoming pod"
            } else {
                "Preemption is not helpful for scheduling"
            }
        };
        write!(formatter, "0/{nodes} nodes are available: {}.", histogram(self.rejections.iter().map(outcome)))
    }
}

/// How often each text occurs: `1 this, 2 that`, sorted as kube-scheduler sorts them.
fn histogram(texts: impl Iterator<Item = impl AsRef<str>>) -> String {
    let mut counts = BTreeMap::new();
    for text in texts {
        *counts.entry(text.as_ref().to_owned()).or_insert(0) += 1;
    }
    let mut lines: Vec<_> = counts.into_iter().map(|(text, count): (String, i32)| format!("{count} {text}")).collect();
    lines.sort();
    lines.join(", ")
}

#[cfg(test)]
mod tests;
