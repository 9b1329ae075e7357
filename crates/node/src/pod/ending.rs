//! Whether a pod is on its way out: nothing of it is started any more, what runs is stopped.

use super::{observed::Observed, restart};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Pod, PodSpec, PodStatus};

/// The reason of a pod that ran into `activeDeadlineSeconds` (`pkg/kubelet/active_deadline.go`).
pub(crate) const DEADLINE_EXCEEDED: &str = "DeadlineExceeded";
pub(super) const DEADLINE_EXCEEDED_MESSAGE: &str = "Pod was active on the node longer than the specified deadline";

pub(super) fn is_deleting(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_some()
}

/// When `activeDeadlineSeconds` end. They count from `status.startTime`.
pub(super) fn deadline(spec: &PodSpec, observed: &Observed, previous: &PodStatus) -> Option<Timestamp> {
    let seconds = spec.active_deadline_seconds?;
    let start_time = previous.start_time.as_ref().map(|time| time.0).or(observed.start_time)?;
    start_time.saturating_add(SignedDuration::from_secs(seconds)).ok()
}

/// Nothing of the pod is alive, and nothing is about to be.
pub(super) fn has_stopped(observed: &Observed) -> bool {
    observed.live().next().is_none() && observed.in_flight.starting.is_empty() && !observed.in_flight.sandbox
}

/// Every main container has ended for good: sidecars have nothing to stand beside.
pub(super) fn main_containers_done(spec: &PodSpec, observed: &Observed) -> bool {
    spec.containers.iter().all(|container| {
        observed
            .latest(&container.name)
            .is_some_and(|record| record.has_exited() && !restart::after_attempt(container, spec, record))
    })
}
