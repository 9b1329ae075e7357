//! How the worker takes in what has happened: what the API server says, what the supervisor says, how its own
//! operations ended.

use super::{Ending, Worker};
use crate::{
    Error, blocking,
    events::EventType::Warning,
    naming::pod_reference,
    pod::{ContainerState, Exit, KillReason},
    pod_workers::{
        exit::{exit, termination_message},
        find::find_container,
        mailbox::{Inbox, Shutdown},
        merge::{Listing, compare, started_since},
        operations::Outcome,
        preparer::Prepared,
        starter::StartOutcome,
        transitions::carry_over,
    },
};
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{Container, Pod},
    apimachinery::pkg::apis::meta::v1::Time,
};
use runtime::ContainerState as RuntimeState;
use std::sync::Arc;

/// The grace period of a pod whose object is gone: the least that a container gets.
const GONE_GRACE_SECONDS: i64 = 2;

impl Worker {
    /// Takes in what has come.
    pub(super) async fn read(&mut self, inbox: Inbox) {
        if let Some(newer) = inbox.pod {
            let mut pod = Pod::clone(&newer);
            let own = self.pod.status.clone().unwrap_or_default();
            pod.status = Some(carry_over(own, newer.status.as_ref()));
            self.pod = Arc::new(pod);
        }
        for state in inbox.exited {
            self.exited(state).await;
        }
        if let Some(listing) = inbox.listed {
            self.compare_with(&listing).await;
        }
        if inbox.sandbox_gone.is_some()
            && inbox.sandbox_gone == self.base.sandbox.as_ref().map(|sandbox| sandbox.id().to_owned())
        {
            self.sandbox_died();
        }
        if inbox.gone {
            self.end_now(Some(GONE_GRACE_SECONDS));
        } else if inbox.node_shutdown.is_some() {
            self.ending = Ending::WithTheNode;
            self.end_now(None);
        }
        if inbox.node_shutdown == Some(Shutdown::AtOnce) {
            self.ends.kills.hurry(self.parts.clock.now());
        }
    }

    /// Treats the pod as one that is being deleted, although the API server has not said so (any more).
    fn end_now(&mut self, grace_seconds: Option<i64>) {
        let now = Time(self.parts.clock.now());
        let pod = Arc::make_mut(&mut self.pod);
        let own = pod.spec.as_ref().and_then(|spec| spec.termination_grace_period_seconds);
        if pod.metadata.deletion_timestamp.is_none() {
            pod.metadata.deletion_timestamp = Some(now);
            pod.metadata.deletion_grace_period_seconds = own;
        }
        if grace_seconds.is_some() {
            pod.metadata.deletion_grace_period_seconds = grace_seconds;
        }
    }

    /// Takes in how an operation ended.
    pub(super) async fn finish(&mut self, outcome: Outcome) {
        let now = self.parts.clock.now();
        match outcome {
            Outcome::SandboxCreated(Ok(created)) => {
                self.base.made(created.sandbox, created.prepared);
                self.observed.sandbox_created(created.record);
            }
            Outcome::SandboxCreated(Err(error)) => self.sandbox_failed(&error, now),
            Outcome::SandboxStopped => self.observed.sandbox_stopped(),
            // What is left is the next start's to clean up.
            Outcome::SandboxNotStopped { .. } if self.ending == Ending::WithTheNode => self.observed.sandbox_stopped(),
            // The pod is not gone while its processes are there: it stays as it is until they have ended.
            Outcome::SandboxNotStopped { sandbox, failures } => self.stop_sandbox(sandbox, failures),
            Outcome::StartEnded { container, outcome, prepared } => {
                self.start_ended(&container, outcome, prepared, now).await;
            }
            Outcome::Missed(id, listing) => {
                self.compare_with(&listing).await;
                self.ends.kills.missed(&id, now);
            }
            Outcome::Unreachable(id) => self.lost(&id, now),
            Outcome::ContainerRemoved(id) => self.observed.container_removed(&id),
            Outcome::Signalled | Outcome::PodDeleted => {}
        }
    }

    pub(super) fn sandbox_failed(&mut self, error: &Error, now: Timestamp) {
        let about = pod_reference(&self.pod);
        let (reason, message) = match error {
            Error::Mount { .. } => ("FailedMount", error.to_string()),
            _ => ("FailedCreatePodSandBox", format!("Failed to create pod sandbox: {error}")),
        };
        if self.base.complaint.is_news(&error) {
            tracing::warn!(%error, "cannot create the pod's sandbox");
        }
        self.parts.recorder.record(about, Warning, reason, message);
        self.observed.sandbox_failed(now);
    }

    async fn start_ended(
        &mut self,
        container: &Container,
        outcome: StartOutcome,
        prepared: Option<Prepared>,
        now: Timestamp,
    ) {
        self.base.prepared = self.base.prepared.take().or(prepared);
        match outcome {
            StartOutcome::Created(record) => {
                let id = record.id.clone();
                self.observed.image_pulled(container.image.as_deref().unwrap_or_default());
                self.observed.container_seen(record);
                if let Some(state) = self.ends.take_early(&id) {
                    self.exited(state).await;
                }
            }
            StartOutcome::Failed(reason, message) => {
                tracing::info!(
                    container = container.name,
                    reason = reason.as_str(),
                    message,
                    "a container did not start"
                );
                self.observed.start_failed(container, reason, message, now);
            }
            StartOutcome::Cancelled => self.observed.start_cancelled(&container.name),
        }
    }

    /// A container has ended, says the supervisor.
    async fn exited(&mut self, state: RuntimeState) {
        let Some(record) = self.observed.containers.iter().find(|record| record.id == state.id) else {
            if !self.observed.in_flight.starting.is_empty() {
                self.ends.came_early(state);
            }
            return;
        };
        if record.has_exited() {
            return;
        }
        let container = find_container(&self.pod, &record.name).map(|(container, _)| container);
        let failed = state.exit_code != Some(0);
        let file = self.directory.termination_log(&record.id);
        let log = self.directory.log(&record.name, record.attempt);
        tracing::info!(container = record.name, exit_code = state.exit_code, "a container has ended");
        let read = move || termination_message(container.as_ref(), failed, &file, &log);
        let message = blocking::run(read).await;
        self.ends.kills.forget(&state.id);
        self.observed.container_exited(&state.id, exit(&state, message, self.parts.clock.now()));
    }

    /// A container is gone, and nobody saw how it ended.
    fn lost(&mut self, id: &str, now: Timestamp) {
        let started_at =
            self.observed.containers.iter().find(|record| record.id == id).and_then(|record| match record.state {
                ContainerState::Running { started_at, .. } => Some(started_at),
                _ => None,
            });
        self.observed.container_exited(id, Exit::lost(started_at, now));
        self.ends.kills.forget(id);
    }

    async fn compare_with(&mut self, listing: &Listing) {
        let now = self.parts.clock.now();
        for state in started_since(&self.observed, &listing.states) {
            if let Some(record) = self.observed.containers.iter().find(|record| record.id == state.id) {
                let pid = i32::try_from(state.pid).unwrap_or_default();
                let started_at = state.started_at.unwrap_or(now);
                let mut record = record.clone();
                record.state = ContainerState::Running { started_at, pid };
                self.observed.container_seen(record);
            }
        }
        let findings = compare(&self.observed, listing);
        for state in findings.exited {
            self.exited(state).await;
        }
        for id in &findings.lost {
            self.lost(id, now);
        }
        // Nothing of it has run: it is no attempt that counts, and no end of a pod that never restarts.
        for id in findings.never_started {
            self.observed.kill_begun(&id, 0, KillReason::NeverStarted, now);
            self.remove(&id);
        }
    }

    /// The supervisor ended by itself, and took its containers along.
    fn sandbox_died(&mut self) {
        tracing::warn!("the pod's sandbox died");
        let now = self.parts.clock.now();
        self.base.sandbox = None;
        let alive: Vec<_> = self.observed.live().map(|record| record.id.clone()).collect();
        for id in alive {
            self.lost(&id, now);
        }
        self.stop_sandbox(None, 0);
    }
}
