//! How the worker has the actions of a plan done. Each is noted as begun, so that the next plan does not ask for it again.

use super::Worker;
use crate::{
    events::{EventType::Normal, pod_reference},
    pod::{Action, ContainerState, KillReason},
    pod_workers::{
        context::find_container,
        kill::{self, First},
        start::Start,
    },
};
use jiff::Timestamp;
use std::sync::Arc;
use tokio::sync::oneshot;

impl Worker {
    pub(super) fn begin(&mut self, action: Action, now: Timestamp) {
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

    pub(super) fn remove(&mut self, id: String) {
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
        let refresher = std::mem::take(&mut self.refresher);
        self.operations.delete_pod(context, pod, status, self.directory.clone(), containers, refresher);
    }
}
