//! Bringing a pod to life and keeping it there: sandbox, init containers, main containers.

use super::{Action, KillReason, Planner};
use crate::{
    container::ephemeral,
    pod::{
        observed::{ContainerRecord, ContainerState, FailedProbe, SandboxRecord},
        restart, waiting,
    },
};
use api::pod::containers::is_sidecar;
use k8s_openapi::api::core::v1::Container;

/// The shortest time a container is given to end by itself (`minimumGracePeriodInSeconds`).
pub(super) const MINIMUM_GRACE_SECONDS: i64 = 2;

/// Grace period of a pod whose spec has none (Kubernetes' default).
const DEFAULT_GRACE_SECONDS: i64 = 30;

impl Planner<'_> {
    pub(super) fn start(&mut self) {
        if self.observed.in_flight.sandbox {
            return;
        }
        let Some(sandbox) = self.observed.ready_sandbox() else {
            self.create_sandbox();
            return;
        };
        if self.kill_all_but(Some(sandbox)) {
            return;
        }
        self.start_ephemeral_containers();
        if self.initialize(sandbox) {
            for container in &self.spec.containers {
                self.keep_running(container, self.observed.latest(&container.name));
            }
        }
    }

    /// A sandbox that died takes its containers along; a new one starts from the beginning. Under the policy Never a
    /// pod that had containers does not get a second one.
    fn create_sandbox(&mut self) {
        if self.kill_all_but(None) {
            return;
        }
        let before = self.observed.sandbox.as_ref();
        let init_containers = self.spec.init_containers.iter().flatten().filter(|init| !is_sidecar(init));
        let never = init_containers.chain(&self.spec.containers).all(|c| restart::policy(c, self.spec) == "Never");
        if never && before.is_some() && !self.observed.containers.is_empty() {
            return;
        }
        let retry_at = self.observed.sandbox_failed_at.and_then(waiting::after_failure);
        if retry_at.is_some_and(|retry_at| retry_at > self.now) {
            self.wake_at(retry_at);
            return;
        }
        self.act(Action::CreateSandbox { attempt: before.map_or(0, |sandbox| sandbox.attempt + 1) });
    }

    /// Kills what survives of other sandboxes, and says whether there was anything: nothing is started beside it.
    fn kill_all_but(&mut self, sandbox: Option<&SandboxRecord>) -> bool {
        let kept = sandbox.map(|sandbox| sandbox.id.as_str());
        let grace_seconds = self.grace_seconds(None);
        let observed = self.observed;
        let survivors: Vec<_> = observed.live().filter(|record| Some(record.sandbox_id.as_str()) != kept).collect();
        for record in &survivors {
            self.kill(record, grace_seconds, KillReason::SandboxChanged);
        }
        !survivors.is_empty()
    }

    /// Ephemeral containers are started once, also during initialization.
    fn start_ephemeral_containers(&mut self) {
        for container in self.spec.ephemeral_containers.iter().flatten().map(ephemeral::as_container) {
            match self.observed.latest(&container.name) {
                None => self.start_container(&container),
                Some(record) => self.kill_if_never_started(record),
            }
        }
    }

    /// Starts a container that is not there or is to be started again; kills one that is to be replaced.
    pub(super) fn keep_running(&mut self, container: &Container, latest: Option<&ContainerRecord>) {
        let Some(record) = latest else {
            self.start_container(container);
            return;
        };
        match &record.state {
            ContainerState::Created => self.kill_if_never_started(record),
            ContainerState::Running { .. } => {
                if let Some(reason) = self.reason_to_kill(container, record) {
                    self.kill(record, self.grace_seconds(Some((container, reason))), reason);
                }
            }
            ContainerState::Exited(_) if restart::after_attempt(container, self.spec, record) => {
                self.start_container(container);
            }
            ContainerState::Exited(_) => {}
        }
    }

    fn reason_to_kill(&self, container: &Container, record: &ContainerRecord) -> Option<KillReason> {
        if container.image.as_ref().is_some_and(|image| *image != record.image) {
            return Some(KillReason::DefinitionChanged);
        }
        match self.observed.probes(&record.id).failed? {
            FailedProbe::Liveness => Some(KillReason::LivenessProbe),
            FailedProbe::Startup => Some(KillReason::StartupProbe),
        }
    }

    /// Creating and starting are one step of the shell; a container found between them is left over from a crash.
    fn kill_if_never_started(&mut self, record: &ContainerRecord) {
        if record.state == ContainerState::Created && !self.observed.in_flight.starting.contains(&record.name) {
            self.kill(record, 0, KillReason::NeverStarted);
        }
    }

    /// Starts the next attempt of a container, or waits until its back-off is over.
    pub(super) fn start_container(&mut self, container: &Container) {
        if self.observed.in_flight.starting.contains(&container.name) {
            return;
        }
        self.wake_at(waiting::turning_points(container, self.observed, self.now));
        if waiting::may_start(container, self.observed, self.now) {
            self.act(Action::StartContainer {
                name: container.name.clone(),
                attempt: self.next_attempt(&container.name),
            });
        }
    }

    /// Counts on from what is known of the container, or from what the API says of it: a node that lost its disk must
    /// not make restart counts go back.
    fn next_attempt(&self, name: &str) -> u32 {
        if let Some(record) = self.observed.latest(name) {
            return record.attempt + 1;
        }
        let lists = [&self.status.init_container_statuses, &self.status.container_statuses];
        let written = lists.into_iter().flatten().flatten().find(|status| status.name == name);
        written.map_or(0, |status| {
            let ended = status.state.as_ref().is_some_and(|state| state.terminated.is_some());
            u32::try_from(status.restart_count).unwrap_or(0) + u32::from(ended)
        })
    }

    /// The grace period of the pod, or of the probe for which a container is killed
    /// (`setTerminationGracePeriod` in `pkg/kubelet/kuberuntime/kuberuntime_container.go`).
    pub(super) fn grace_seconds(&self, killed: Option<(&Container, KillReason)>) -> i64 {
        let probe = killed.and_then(|(container, reason)| match reason {
            KillReason::LivenessProbe => container.liveness_probe.as_ref(),
            KillReason::StartupProbe => container.startup_probe.as_ref(),
            _ => None,
        });
        let grace_seconds = self
            .pod
            .metadata
            .deletion_grace_period_seconds
            .or_else(|| probe.and_then(|probe| probe.termination_grace_period_seconds))
            .or(self.spec.termination_grace_period_seconds)
            .unwrap_or(DEFAULT_GRACE_SECONDS);
        grace_seconds.max(MINIMUM_GRACE_SECONDS)
    }
}
