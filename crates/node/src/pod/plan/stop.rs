//! Taking a pod down: main containers first, then sidecars in reverse order, then the sandbox
//! (`killPod` and `pkg/kubelet/kuberuntime/kuberuntime_termination_order.go`).

use super::{Action, KillReason, Planner, start::MINIMUM_GRACE_SECONDS};
use crate::pod::{ending, observed::ContainerRecord};
use api::pod::containers::is_sidecar;
use jiff::{SignedDuration, Timestamp};

impl Planner<'_> {
    pub(super) fn stop(&mut self) {
        for name in &self.observed.in_flight.starting {
            self.plan.actions.push(Action::CancelStart { name: name.clone() });
        }
        if self.observed.live().next().is_some() {
            self.stop_containers();
        } else if self.observed.in_flight.sandbox || !self.observed.in_flight.starting.is_empty() {
            // Its end brings the next plan.
        } else if let Some(sandbox) = self.observed.ready_sandbox() {
            self.act(Action::StopSandbox { id: sandbox.id.clone() });
        } else if ending::is_deleting(self.pod) {
            self.act(Action::DeletePod);
        }
    }

    /// The grace period is one for the whole pod: sidecars get what the containers before them have left of it.
    fn stop_containers(&mut self) {
        let total = self.grace_seconds(None);
        let begun = self.observed.in_flight.stopping_since.unwrap_or(self.now);
        let end = begun.saturating_add(SignedDuration::from_secs(total)).unwrap_or(Timestamp::MAX);
        let (sidecars, others): (Vec<_>, Vec<_>) =
            self.observed.live().partition(|record| self.position_of_sidecar(record).is_some());
        for record in &others {
            self.stop_container(record, total, end);
        }
        if !others.is_empty() && end > self.now {
            self.wake_at((!sidecars.is_empty()).then_some(end));
            return;
        }
        let last = sidecars.iter().filter_map(|record| self.position_of_sidecar(record)).max();
        for record in sidecars {
            if end <= self.now || self.position_of_sidecar(record) == last {
                self.stop_container(record, total, end);
            } else {
                self.wake_at([end]);
            }
        }
    }

    /// Kills with what is left of the grace period; again if a kill under way leaves more than the whole of it.
    fn stop_container(&mut self, record: &ContainerRecord, total: i64, end: Timestamp) {
        let left = end.duration_since(self.now).as_secs().max(MINIMUM_GRACE_SECONDS);
        let under_way = self.observed.in_flight.kills.get(&record.id);
        if under_way.is_none_or(|under_way| *under_way > total) {
            self.kill(record, left.min(total), KillReason::PodTerminated);
        }
    }

    fn position_of_sidecar(&self, record: &ContainerRecord) -> Option<usize> {
        self.spec
            .init_containers
            .iter()
            .flatten()
            .position(|container| container.name == record.name && is_sidecar(container))
    }
}
