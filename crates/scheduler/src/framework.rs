//! What a scheduler plugin is, and how the plugins together decide about a pod.

mod cycle;
mod event;
mod reservation;
mod snapshot;
pub(crate) mod storage;

pub(crate) use cycle::Cycle;
pub(crate) use event::{ClusterEvent, StorageEvent};
use placement::{NodeInfo, PodInfo};
pub use reservation::{Reservation, VolumeForClaim};
pub use snapshot::Snapshot;

/// The best score that one plugin gives (`MaxNodeScore`).
pub(crate) const BEST: i64 = 100;

/// A row of the table of plugins. Every row fills every field: what a new plugin forgets does not compile.
pub(crate) struct Plugin {
    /// As in kube-scheduler's configuration.
    pub(crate) name: &'static str,
    /// How much its score counts beside those of others; 0 if it only filters.
    pub(crate) weight: i64,
    /// Looks at the pod and the cluster before any node is judged.
    pub(crate) prepare: for<'a> fn(&'a PodInfo, &'a Snapshot) -> Prepared<'a>,
    /// Whether a pod that this plugin rejected may fit on the node of the event now, or anywhere if the event is about
    /// no node (`QueueingHint`). The framework asks all plugins about that node before it retries the pod, so that it is
    /// enough to say whether anything changed that this one looks at.
    pub(crate) may_help: fn(&ClusterEvent<'_>, &PodInfo) -> bool,
}

/// `None` if the plugin has nothing to say about this pod; a rejection if no node will do (`PreFilter`, `PreScore`).
pub(crate) type Prepared<'a> = Result<Option<Box<dyn CycleState + 'a>>, Rejection>;

/// What a plugin knows while one pod is scheduled, and its judgement of each node.
pub(crate) trait CycleState {
    /// Whether the pod can be on the node (`Filter`).
    fn filter(&self, _: &NodeInfo) -> Result<(), Rejection> {
        Ok(())
    }

    /// How good the node is for the pod, by a measure of the plugin's own (`Score`).
    fn score(&self, _: &NodeInfo) -> i64 {
        0
    }

    /// Brings the scores of all nodes between 0 and [`BEST`] (`NormalizeScore`).
    fn normalize(&self, _: &mut [i64]) {}

    /// Adds what the pod takes beside its place on the node it goes to (`Reserve`). It counts as taken until the pod is
    /// bound, and is free again if that fails (`Unreserve`).
    fn reserve(&self, _: &NodeInfo, _: &mut Reservation) {}
}

/// Why a pod cannot be on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub(crate) reasons: Vec<String>,
    /// Whether the pod could be there if some others went.
    pub(crate) resolvable: bool,
}

impl Rejection {
    pub(crate) fn resolvable(reason: &str) -> Self {
        Self { reasons: vec![reason.into()], resolvable: true }
    }

    pub(crate) fn unresolvable(reason: &str) -> Self {
        Self { reasons: vec![reason.into()], resolvable: false }
    }
}

/// Scores relative to the greatest one, which becomes [`BEST`] (`DefaultNormalizeScore`).
pub(crate) fn normalize(scores: &mut [i64]) {
    let greatest = scores.iter().copied().max().unwrap_or(0);
    if greatest > 0 {
        for score in scores {
            *score = score.saturating_mul(BEST) / greatest;
        }
    }
}
