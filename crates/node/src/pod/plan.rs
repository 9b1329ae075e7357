//! What to do next for a pod.

mod init;
#[cfg(test)]
mod properties;
mod start;
mod stop;
#[cfg(test)]
mod tests;

use super::{
    ending,
    kill_reason::KillReason,
    observed::{ContainerRecord, Observed},
    status,
};
use api::pod::phase::is_terminal;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, PodSpec, PodStatus};

/// How many attempts of a container are kept.
const KEPT_ATTEMPTS: usize = 2;

/// One thing to do. Actions of a plan are independent of each other and may run side by side; what depends on their
/// outcome appears in the next plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Create the pod's folder, cgroup, volumes, sandbox and network.
    CreateSandbox { attempt: u32 },
    /// Release the network and end the supervisor. No container of the pod is alive.
    StopSandbox { id: String },
    /// Pull the image if its policy says so, create the container and start it.
    StartContainer { name: String, attempt: u32 },
    /// Give up a start that has not made a container yet (its image is being pulled).
    CancelStart { name: String },
    /// Run the preStop hook, send the stop signal, and SIGKILL after `grace_seconds`. Asked again with a shorter
    /// grace period, it cuts the first short.
    KillContainer { id: String, name: String, grace_seconds: i64, reason: KillReason },
    /// Remove a container that has ended, and its log. Asked for until it is done.
    RemoveContainer { id: String },
    /// Nothing of the pod is alive and it is to go: once its last status is written, clean up its volumes, cgroup and
    /// folder, and delete the object with grace period 0.
    DeletePod,
}

/// What to do now, and when to ask again although nothing has happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub actions: Vec<Action>,
    /// The earliest moment at which time alone changes the plan or the status.
    pub wake_at: Option<Timestamp>,
}

/// What to do next for a pod (`computePodActions` and `SyncPod` in
/// `pkg/kubelet/kuberuntime/kuberuntime_manager.go`). The pod's own status counts as the one last written.
#[must_use]
pub fn plan(pod: &Pod, observed: &Observed, now: Timestamp) -> Plan {
    let Some(spec) = &pod.spec else { return Plan::default() };
    let written = pod.status.clone().unwrap_or_default();
    let status = status(pod, observed, &[], &written, now);
    let ends = ending::is_deleting(pod)
        || is_terminal(status.phase.as_deref())
        || ending::main_containers_done(spec, observed);
    let mut planner = Planner { pod, spec, observed, status, now, plan: Plan::default() };
    if ends {
        planner.stop();
    } else {
        planner.start();
        planner.wake_at(ending::deadline(spec, observed, &written));
    }
    if !ending::is_deleting(pod) {
        planner.remove_old_attempts();
    }
    planner.plan
}

/// A plan in the making.
struct Planner<'a> {
    pod: &'a Pod,
    spec: &'a PodSpec,
    observed: &'a Observed,
    /// What the API is told at the same moment.
    status: PodStatus,
    now: Timestamp,
    plan: Plan,
}

impl Planner<'_> {
    fn act(&mut self, action: Action) {
        self.plan.actions.push(action);
    }

    /// Asks to be woken at this moment, unless an earlier one is asked for or it is past.
    fn wake_at(&mut self, moments: impl IntoIterator<Item = Timestamp>) {
        let future = moments.into_iter().filter(|moment| *moment > self.now);
        self.plan.wake_at = self.plan.wake_at.into_iter().chain(future).min();
    }

    /// Kills a container, unless a kill is under way that leaves it no more time.
    fn kill(&mut self, record: &ContainerRecord, grace_seconds: i64, reason: KillReason) {
        let under_way = self.observed.in_flight.kills.get(&record.id);
        if under_way.is_none_or(|under_way| *under_way > grace_seconds) {
            self.act(Action::KillContainer { id: record.id.clone(), name: record.name.clone(), grace_seconds, reason });
        }
    }

    /// Of the attempts that have ended, the two newest of each container stay: what the API shows, and what it shows
    /// as the last state (its log is `--previous`).
    fn remove_old_attempts(&mut self) {
        for attempts in self.observed.containers.chunk_by(|one, other| one.name == other.name) {
            let old = &attempts[..attempts.len().saturating_sub(KEPT_ATTEMPTS)];
            let ended = old.iter().filter(|record| record.has_exited());
            self.plan.actions.extend(ended.map(|record| Action::RemoveContainer { id: record.id.clone() }));
        }
    }
}
