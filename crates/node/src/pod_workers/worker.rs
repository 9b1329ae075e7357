//! One pod's worker: looks at its mailbox, plans, has the plan done, says what became of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, Pod, PodStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use runtime::{ContainerState as RuntimeState, Sandbox};
use tokio::sync::{oneshot, watch};

use super::context::{SharedContext, find_container};
use super::exit::{exit, termination_message};
use super::kill::{self, First, Kills};
use super::mailbox::{Inbox, Mailbox, Message};
use super::merge::{Listing, compare, started_since};
use super::operations::{Operations, Outcome};
use super::prepare::Prepared;
use super::record_file::RecordFile;
use super::start::{Start, StartOutcome};
use super::transitions::{carry_over, container_events};
use super::view::View;
use crate::Error;
use crate::directories::PodDirectory;
use crate::events::EventType::{Normal, Warning};
use crate::events::pod_reference;
use crate::metrics::Phase;
use crate::pod::{Action, ContainerState, Exit, KillReason, Observed, plan, status};

/// The grace period of a pod whose object is gone: what is left to say is said in the time a container gets at least.
const GONE_GRACE_SECONDS: i64 = 2;

/// What a worker begins with: nothing, or what a run before this one left.
#[derive(Default)]
pub struct Inheritance {
    pub observed: Observed,
    pub sandbox: Option<Sandbox>,
    /// What the sandbox's supervisor says of its containers.
    pub listing: Option<Listing>,
}

pub struct Worker {
    context: SharedContext,
    mailbox: Arc<Mailbox>,
    view: watch::Sender<View>,
    uid: String,
    /// The newest object; its status is the last one computed here.
    pod: Arc<Pod>,
    directory: PodDirectory,
    observed: Observed,
    sandbox: Option<Sandbox>,
    prepared: Option<Prepared>,
    record_file: RecordFile,
    operations: Operations,
    /// Starts that can still be given up, by container name.
    cancels: HashMap<String, oneshot::Sender<()>>,
    kills: Kills,
    /// Ends of containers whose start has not been reported yet.
    early_exits: Vec<RuntimeState>,
    removing: Vec<String>,
    is_deleting: bool,
    is_shutting_down: bool,
    was_reported_running: bool,
}

impl Worker {
    pub fn new(
        context: SharedContext,
        mailbox: Arc<Mailbox>,
        view: watch::Sender<View>,
        pod: Arc<Pod>,
        inheritance: Inheritance,
    ) -> Self {
        let uid = pod.metadata.uid.clone().unwrap_or_default();
        let directory = context.directory.pod(&uid);
        let mut observed = inheritance.observed;
        let now = context.clock.now();
        if observed.start_time.is_none() {
            observed.start_time = Some(now);
            if let Some(created) = &pod.metadata.creation_timestamp {
                context.metrics.phase(Phase::Seen, between(created.0, now));
            }
        }
        if let Some(listing) = inheritance.listing {
            mailbox.post(Message::Listed(listing));
        }
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        let was_reported_running = phase.is_some_and(|phase| phase != "Pending");
        Self {
            record_file: RecordFile::new(directory.clone(), context.cgroup(&pod)),
            sandbox: inheritance.sandbox,
            was_reported_running,
            context,
            mailbox,
            view,
            uid,
            pod,
            directory,
            observed,
            prepared: None,
            operations: Operations::default(),
            cancels: HashMap::new(),
            kills: Kills::default(),
            early_exits: Vec::new(),
            removing: Vec::new(),
            is_deleting: false,
            is_shutting_down: false,
        }
    }

    /// Works until the pod is gone, or has ended with the node.
    pub async fn run(mut self) {
        loop {
            let inbox = self.mailbox.look();
            self.read(inbox);
            let now = self.context.clock.now();
            for id in self.kills.overdue(now) {
                self.operations.kill(Arc::clone(&self.context), self.sandbox.clone(), id, None);
            }
            let plan = plan(&self.pod, &self.observed, now);
            for action in plan.actions {
                self.begin(action, now);
            }
            self.save();
            self.report(now);
            if self.is_shutting_down && self.has_stopped() {
                return;
            }
            let wake_at = plan.wake_at.into_iter().chain(self.kills.next_deadline()).min();
            tokio::select! {
                () = self.mailbox.arrived() => {}
                outcome = self.operations.next() => {
                    if matches!(outcome, Outcome::PodDeleted) {
                        self.context.status_manager.forget(&self.uid);
                        return;
                    }
                    self.finish(outcome);
                }
                () = sleep_until(wake_at, now) => {}
            }
        }
    }

    /// Takes in what has come.
    fn read(&mut self, inbox: Inbox) {
        if let Some(newer) = inbox.pod {
            let mut pod = Pod::clone(&newer);
            let own = self.pod.status.clone().unwrap_or_default();
            pod.status = Some(carry_over(own, newer.status.as_ref()));
            self.pod = Arc::new(pod);
        }
        for state in inbox.exited {
            self.exited(state);
        }
        if let Some(listing) = inbox.listed {
            self.compare_with(&listing);
        }
        if inbox.sandbox_gone.is_some()
            && inbox.sandbox_gone == self.sandbox.as_ref().map(|sandbox| sandbox.id().to_owned())
        {
            self.sandbox_died();
        }
        if inbox.gone {
            self.end_now(Some(GONE_GRACE_SECONDS));
        } else if inbox.node_shutdown {
            self.is_shutting_down = true;
            self.end_now(None);
        }
    }

    /// Treats the pod as one that is being deleted, although the API server has not said so (any more).
    fn end_now(&mut self, grace_seconds: Option<i64>) {
        let now = Time(self.context.clock.now());
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

    fn begin(&mut self, action: Action, now: Timestamp) {
        match action {
            Action::CreateSandbox { attempt } => self.create_sandbox(attempt),
            Action::StopSandbox { .. } => {
                self.observed.sandbox_begun();
                let cgroup = self.context.cgroup(&self.pod);
                let (context, directory) = (Arc::clone(&self.context), self.directory.clone());
                self.operations.stop_sandbox(context, self.sandbox.take(), directory, cgroup);
            }
            Action::StartContainer { name, attempt } => self.start(&name, attempt, now),
            Action::CancelStart { name } => {
                if let Some(cancel) = self.cancels.remove(&name) {
                    // An error means that the start is past cancelling.
                    let _ = cancel.send(());
                }
            }
            Action::KillContainer { id, name, grace_seconds, reason } => {
                self.kill(id, &name, grace_seconds, reason, now);
            }
            Action::RemoveContainer { id } => self.remove(id),
            Action::DeletePod => self.delete(),
        }
    }

    fn create_sandbox(&mut self, attempt: u32) {
        if attempt > 0 {
            let message = "Pod sandbox changed, it will be killed and re-created.";
            self.context.recorder.record(pod_reference(&self.pod), Normal, "SandboxChanged", message);
        }
        self.observed.sandbox_begun();
        if let Err(error) = self.record_file.create(&self.observed) {
            self.sandbox_failed(&error, self.context.clock.now());
            return;
        }
        let (context, pod) = (Arc::clone(&self.context), Arc::clone(&self.pod));
        self.operations.create_sandbox(context, pod, self.directory.clone(), attempt);
    }

    fn start(&mut self, name: &str, attempt: u32, now: Timestamp) {
        let Some((container, about)) = find_container(&self.pod, name) else { return };
        let Some(sandbox) = self.sandbox.clone() else { return };
        self.observed.start_begun(&container, now);
        let start = Start {
            pod: Arc::clone(&self.pod),
            container,
            about,
            attempt,
            directory: self.directory.clone(),
            sandbox,
            pod_ips: self.observed.sandbox.as_ref().map(|sandbox| sandbox.ips.clone()).unwrap_or_default(),
            target_pid: self.target_pid(name),
            prepared: self.prepared.clone(),
        };
        let (cancel, cancelled) = oneshot::channel();
        self.cancels.insert(name.to_owned(), cancel);
        self.operations.start(Arc::clone(&self.context), start, cancelled);
    }

    /// The main process of the container that an ephemeral container targets.
    fn target_pid(&self, ephemeral: &str) -> Option<i32> {
        let containers = self.pod.spec.as_ref()?.ephemeral_containers.as_ref()?;
        let target = containers.iter().find(|container| container.name == ephemeral)?.target_container_name.as_ref()?;
        match self.observed.latest(target)?.state {
            ContainerState::Running { pid, .. } => Some(pid),
            _ => None,
        }
    }

    fn kill(&mut self, id: String, name: &str, grace_seconds: i64, reason: KillReason, now: Timestamp) {
        self.observed.kill_begun(&id, grace_seconds, reason, now);
        if self.kills.begin(&id, grace_seconds, now) == First::Nothing {
            return;
        }
        let found = find_container(&self.pod, name);
        if let Some((_, about)) = &found {
            self.context.recorder.record(about.clone(), Normal, "Killing", kill::message(name, reason));
        }
        let image = self.observed.containers.iter().find(|record| record.id == id).map(|record| record.image.clone());
        let own = found.and_then(|(container, _)| container.lifecycle?.stop_signal);
        let image = image.and_then(|image| self.context.images.store().get(&image).ok().flatten());
        let signal = kill::stop_signal(own.or_else(|| image?.config.stop_signal).as_deref());
        self.operations.kill(Arc::clone(&self.context), self.sandbox.clone(), id, Some(signal));
    }

    fn remove(&mut self, id: String) {
        let Some(record) = self.observed.containers.iter().find(|record| record.id == id) else { return };
        if self.removing.contains(&id) {
            return;
        }
        let (context, directory) = (Arc::clone(&self.context), self.directory.clone());
        self.operations.remove_container(context, self.sandbox.clone(), directory, record.clone());
        self.removing.push(id);
    }

    fn delete(&mut self) {
        if self.is_deleting || self.is_shutting_down {
            return;
        }
        self.is_deleting = true;
        let (context, pod) = (Arc::clone(&self.context), Arc::clone(&self.pod));
        let status = self.status(self.context.clock.now());
        let containers = self.observed.containers.clone();
        self.operations.delete_pod(context, pod, status, self.directory.clone(), containers);
    }

    /// Takes in how an operation ended.
    fn finish(&mut self, outcome: Outcome) {
        let now = self.context.clock.now();
        match outcome {
            Outcome::SandboxCreated(Ok(created)) => {
                self.sandbox = Some(created.sandbox);
                self.prepared = Some(created.prepared);
                self.observed.sandbox_created(created.record);
            }
            Outcome::SandboxCreated(Err(error)) => self.sandbox_failed(&error, now),
            Outcome::SandboxStopped => self.observed.sandbox_stopped(),
            Outcome::StartEnded { container, outcome, prepared } => {
                self.start_ended(&container, outcome, prepared, now);
            }
            Outcome::Listed(listing) => self.compare_with(&listing),
            Outcome::Unreachable(id) => self.lost(&id, now),
            Outcome::ContainerRemoved(id) => {
                self.removing.retain(|removing| *removing != id);
                self.observed.container_removed(&id);
            }
            Outcome::Signalled | Outcome::PodDeleted => {}
        }
    }

    fn sandbox_failed(&mut self, error: &Error, now: Timestamp) {
        let about = pod_reference(&self.pod);
        let (reason, message) = match error {
            Error::Mount { .. } => ("FailedMount", error.to_string()),
            _ => ("FailedCreatePodSandBox", format!("Failed to create pod sandbox: {error}")),
        };
        tracing::warn!(%error, "cannot create the pod's sandbox");
        self.context.recorder.record(about, Warning, reason, message);
        self.observed.sandbox_failed(now);
    }

    fn start_ended(
        &mut self,
        container: &Container,
        outcome: StartOutcome,
        prepared: Option<Prepared>,
        now: Timestamp,
    ) {
        self.cancels.remove(&container.name);
        self.prepared = self.prepared.take().or(prepared);
        match outcome {
            StartOutcome::Created(record) => {
                let id = record.id.clone();
                self.observed.image_pulled(container.image.as_deref().unwrap_or_default());
                self.observed.container_seen(record);
                let (early, later) = self.early_exits.drain(..).partition(|state| state.id == id);
                self.early_exits = later;
                for state in Vec::from_iter::<Vec<RuntimeState>>(early) {
                    self.exited(state);
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
    fn exited(&mut self, state: RuntimeState) {
        let Some(record) = self.observed.containers.iter().find(|record| record.id == state.id) else {
            if !self.observed.in_flight.starting.is_empty() {
                self.early_exits.push(state);
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
        let message = termination_message(container.as_ref(), failed, &file, &log);
        tracing::info!(container = record.name, exit_code = state.exit_code, "a container has ended");
        self.kills.forget(&state.id);
        self.observed.container_exited(&state.id, exit(&state, message, self.context.clock.now()));
    }

    /// A container is gone, and nobody saw how it ended.
    fn lost(&mut self, id: &str, now: Timestamp) {
        let started_at =
            self.observed.containers.iter().find(|record| record.id == id).and_then(|record| match record.state {
                ContainerState::Running { started_at, .. } => Some(started_at),
                _ => None,
            });
        self.observed.container_exited(id, Exit::lost(started_at, now));
        self.kills.forget(id);
    }

    fn compare_with(&mut self, listing: &Listing) {
        let now = self.context.clock.now();
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
            self.exited(state);
        }
        for id in findings.lost.iter().chain(&findings.never_started) {
            self.lost(id, now);
        }
    }

    /// The supervisor ended by itself, and took its containers along.
    fn sandbox_died(&mut self) {
        tracing::warn!("the pod's sandbox died");
        let now = self.context.clock.now();
        self.sandbox = None;
        let alive: Vec<_> = self.observed.live().map(|record| record.id.clone()).collect();
        for id in alive {
            self.lost(&id, now);
        }
        self.observed.sandbox_begun();
        let cgroup = self.context.cgroup(&self.pod);
        self.operations.stop_sandbox(Arc::clone(&self.context), None, self.directory.clone(), cgroup);
    }

    fn has_stopped(&self) -> bool {
        let in_flight = &self.observed.in_flight;
        self.observed.live().next().is_none()
            && self.observed.ready_sandbox().is_none()
            && !in_flight.sandbox
            && in_flight.starting.is_empty()
    }

    fn save(&mut self) {
        if self.is_deleting {
            return;
        }
        if let Err(error) = self.record_file.save(&self.observed) {
            tracing::warn!(%error, "cannot write down what is known of the pod");
        }
    }

    fn status(&self, now: Timestamp) -> PodStatus {
        let previous = self.pod.status.clone().unwrap_or_default();
        status(&self.pod, &self.observed, &self.context.host_ips, &previous, now)
    }

    /// Says what has changed: to the API server, in events, to those who look at this worker.
    fn report(&mut self, now: Timestamp) {
        let new = self.status(now);
        let old = self.pod.status.clone().unwrap_or_default();
        for event in container_events(&self.pod, &old, &new) {
            if let Some((_, about)) = find_container(&self.pod, &event.container) {
                self.context.recorder.record(about, event.type_, event.reason, event.message);
            }
        }
        if !self.was_reported_running && new.phase.as_deref() == Some("Running") {
            self.was_reported_running = true;
            if let Some(created) = &self.pod.metadata.creation_timestamp {
                self.context.metrics.pod_started(between(created.0, now));
            }
        }
        // A pod that ends with the node has not failed: the next start takes up where it was.
        if !self.is_deleting && !self.is_shutting_down {
            self.context.status_manager.set(&self.pod, new.clone());
        }
        Arc::make_mut(&mut self.pod).status = Some(new);
        self.view.send_replace(View {
            pod: Arc::clone(&self.pod),
            observed: self.observed.clone(),
            sandbox: self.sandbox.clone(),
        });
    }
}

fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    later.duration_since(earlier).try_into().unwrap_or_default()
}

/// Sleeps until a moment; for ever without one.
async fn sleep_until(moment: Option<Timestamp>, now: Timestamp) {
    match moment {
        Some(moment) => tokio::time::sleep(between(now, moment)).await,
        None => std::future::pending().await,
    }
}
