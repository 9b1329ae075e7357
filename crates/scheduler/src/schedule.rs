//! The decision: which node a pod goes to, or why to none.

mod sampling;

use crate::{
    framework::{Cycle, Rejection, Reservation, Snapshot},
    plugins::PLUGINS,
};
use k8s_openapi::api::core::v1::Pod;
use placement::{NodeInfo, PodInfo};
use sampling::{enough, in_turn};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Chooses a number below the one given; it decides between nodes that are equally good.
pub type Choose<'a> = &'a mut dyn FnMut(usize) -> usize;

/// The node for a pod, and what follows from it.
#[derive(Debug)]
pub struct Placement<'a> {
    pub node: &'a str,
    pub reservation: Reservation,
    /// The node with which to begin for the next pod; `None` if all were looked at.
    pub next: Option<&'a str>,
}

/// The node that is best for the pod.
///
/// A pure function: the same pod, cluster and choice give the same answer. What it considers and how it weighs it is
/// kube-scheduler's default profile, without what concerns other pods (affinity between pods, topology spread), limits of
/// volumes a node, and preemption. Of many nodes it looks only at [`enough`], beginning `from` the node of this name.
pub fn schedule<'a>(
    pod: &PodInfo,
    cluster: &'a Snapshot,
    from: &str,
    choose: Choose<'_>,
) -> Result<Placement<'a>, FitError> {
    let error = |verdict| FitError { verdict, nodes: cluster.nodes.len(), may_preempt: may_preempt(&pod.pod) };
    let cycle = Cycle::begin(PLUGINS, pod, cluster).map_err(|rejection| error(Verdict::AllNodes(rejection)))?;
    let (mut rejections, mut feasible) = (Vec::new(), Vec::new());
    let (mut nodes, enough) = (in_turn(&cluster.nodes, from), enough(cluster.nodes.len()));
    while feasible.len() < enough
        && let Some(node) = nodes.next()
    {
        match cycle.filter(node) {
            Ok(()) => feasible.push(node),
            Err(rejection) => rejections.push(rejection),
        }
    }
    let next = nodes.next().map(NodeInfo::name);
    let node = best(&feasible, &cycle, choose).ok_or_else(|| error(Verdict::EachNode(rejections)))?;
    Ok(Placement { node: node.name(), reservation: cycle.reserve(node), next })
}

/// The node of the best score; one of them if there are several.
fn best<'a>(nodes: &[&'a NodeInfo], cycle: &Cycle<'_>, choose: Choose<'_>) -> Option<&'a NodeInfo> {
    let scores = cycle.scores(nodes);
    let best = scores.iter().copied().max();
    let best: Vec<_> = nodes.iter().zip(&scores).filter(|(_, score)| Some(**score) == best).collect();
    let chosen = if best.len() > 1 { choose(best.len()) } else { 0 };
    best.get(chosen).or(best.first()).map(|(node, _)| **node)
}

fn may_preempt(pod: &Pod) -> bool {
    pod.spec.as_ref().and_then(|spec| spec.preemption_policy.as_deref()) != Some("Never")
}

/// Why a pod fits on no node. Its text is that of kube-scheduler's `FitError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FitError {
    verdict: Verdict,
    nodes: usize,
    may_preempt: bool,
}

/// The plugins' rejections, each with the plugin's name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// The pod can be nowhere, whatever the nodes are like.
    AllNodes((&'static str, Rejection)),
    /// One for each node.
    EachNode(Vec<(&'static str, Rejection)>),
}

impl FitError {
    /// The plugins that rejected a node.
    pub(crate) fn plugins(&self) -> BTreeSet<&'static str> {
        match &self.verdict {
            Verdict::AllNodes((plugin, _)) => [*plugin].into(),
            Verdict::EachNode(rejections) => rejections.iter().map(|(plugin, _)| *plugin).collect(),
        }
    }
}

impl std::error::Error for FitError {}

impl fmt::Display for FitError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.nodes;
        match &self.verdict {
            _ if nodes == 0 => formatter.write_str("no nodes available to schedule pods"),
            // DynamicResources, which runs after the filters and looks for what it noted before them, says the last words.
            Verdict::AllNodes((_, rejection)) => {
                write!(formatter, "0/{nodes} nodes are available: {}. not found", rejection.reasons.join(", "))
            }
            Verdict::EachNode(rejections) => self.describe(rejections, formatter),
        }
    }
}

impl FitError {
    fn describe(&self, rejections: &[(&'static str, Rejection)], formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.nodes;
        let reasons = histogram(rejections.iter().flat_map(|(_, rejection)| &rejection.reasons));
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
        write!(formatter, "0/{nodes} nodes are available: {}.", histogram(rejections.iter().map(outcome)))
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
