//! How the worker has the actions of a plan done. Each is noted as begun, so that the next plan does not ask for it again.

use super::{Ending, Worker};
use crate::{
    events::EventType::{Normal, Warning},
    naming::pod_reference,
    pod::{Action, KillReason, unsupported},
    pod_workers::{
        find::find_container,
        kill::{self, First},
        killer::Blow,
        starter::Start,
    },
};
use jiff::Timestamp;
use std::sync::Arc;

impl Worker {
    pub(super) async fn begin(&mut self, action: Action, now: Timestamp) {
        match action {
            Action::CreateSandbox { attempt } => self.create_sandbox(attempt).await,
            Action::StopSandbox { .. } => {
                let sandbox = self.base.sandbox.take();
                self.stop_sandbox(sandbox, 0);
            }
            Action::StartContainer { name, attempt } => self.start(&name, attempt, now),
            Action::CancelStart { name } => self.operations.cancel_start(&name),
            Action::KillContainer { id, name, grace_seconds, reason } => {
                self.kill(id, &name, grace_seconds, reason, now);
            }
            Action::RemoveContainer { id } => self.remove(&id),
            Action::DeletePod => self.delete(now),
        }
    }

    async fn create_sandbox(&mut self, attempt: u32) {
        if attempt > 0 {
            let message = "Pod sandbox changed, it will be killed and re-created.";
            self.parts.recorder.record(pod_reference(&self.pod), Normal, "SandboxChanged", message);
        } else if self.observed.sandbox_failed_at.is_none()
            && let Some(message) = unsupported(&self.pod)
        {
            self.parts.recorder.record(pod_reference(&self.pod), Warning, "NotSupported", message);
        }
        self.observed.sandbox_begun();
        match self.diary.record_file.create(&self.observed).await {
            Ok(()) => self.operations.create_sandbox(Arc::clone(&self.pod), attempt),
            Err(error) => self.sandbox_failed(&error, self.parts.clock.now()),
        }
    }

    /// Ends the sandbox, or what is left of one that is dead; so many attempts have failed.
    pub(super) fn stop_sandbox(&mut self, sandbox: Option<runtime::Sandbox>, failures: u32) {
        self.observed.sandbox_begun();
        self.operations.stop_sandbox(sandbox, self.parts.cgroups.of_pod(&self.pod), failures);
    }

    fn start(&mut self, name: &str, attempt: u32, now: Timestamp) {
        let Some((container, about)) = find_container(&self.pod, name) else { return };
        let Some(sandbox) = self.base.sandbox.clone() else { return };
        self.observed.start_begun(&container, now);
        self.operations.start(Start {
            pod: Arc::clone(&self.pod),
            container,
            about,
            attempt,
            directory: self.directory.clone(),
            sandbox,
            pod_ips: self.observed.sandbox.as_ref().map(|sandbox| sandbox.ips.clone()).unwrap_or_default(),
            target: self.target(name),
            prepared: self.base.prepared.clone(),
        });
    }

    /// The id of the container that an ephemeral container targets, if that runs.
    fn target(&self, ephemeral: &str) -> Option<String> {
        let containers = self.pod.spec.as_ref()?.ephemeral_containers.as_ref()?;
        let target = containers.iter().find(|container| container.name == ephemeral)?.target_container_name.as_ref()?;
        self.observed.latest(target).filter(|record| record.is_running()).map(|record| record.id.clone())
    }

    fn kill(&mut self, id: String, name: &str, grace_seconds: i64, reason: KillReason, now: Timestamp) {
        self.observed.kill_begun(&id, grace_seconds, reason, now);
        if self.ends.kills.begin(&id, grace_seconds, now) == First::Nothing {
            return;
        }
        let found = find_container(&self.pod, name);
        if let Some((_, about)) = &found {
            self.parts.recorder.record(about.clone(), Normal, "Killing", kill::message(name, reason));
        }
        let record = self.observed.containers.iter().find(|record| record.id == id);
        let image = record.map(|record| record.image.clone()).unwrap_or_default();
        let own = found.and_then(|(container, _)| container.lifecycle?.stop_signal);
        self.operations.kill(self.base.sandbox.clone(), id, Blow::Stop { own, image });
    }

    pub(super) fn remove(&mut self, id: &str) {
        if let Some(record) = self.observed.containers.iter().find(|record| record.id == id) {
            self.operations.remove_container(self.base.sandbox.clone(), record.clone());
        }
    }

    fn delete(&mut self, now: Timestamp) {
        if self.ending != Ending::No {
            return;
        }
        self.ending = Ending::Deleting;
        let status = self.parts.reporter.status(&self.pod, &self.observed, now);
        let refreshing = std::mem::take(&mut self.refreshing);
        self.operations.delete_pod(Arc::clone(&self.pod), status, self.observed.containers.to_vec(), refreshing);
    }
}
