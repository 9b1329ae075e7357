//! How what the node knows of a pod changes: one function an event. The shell calls them as things happen.

use super::{
    backoff::restart_key,
    kill_reason::KillReason,
    observed::{
        ContainerRecord, ContainerState, Exit, Observed, SandboxRecord, SandboxState, StartFailure, StartFailureReason,
    },
    restart,
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Container;

impl Observed {
    /// A sandbox is being created or stopped.
    pub fn sandbox_begun(&mut self) {
        self.in_flight.sandbox = true;
    }

    /// No sandbox could be created.
    pub fn sandbox_failed(&mut self, now: Timestamp) {
        self.in_flight.sandbox = false;
        self.sandbox_failed_at = Some(now);
    }

    /// A sandbox has been created.
    pub fn sandbox_created(&mut self, sandbox: SandboxRecord) {
        self.in_flight.sandbox = false;
        self.sandbox_failed_at = None;
        self.sandbox = Some(sandbox);
    }

    /// The sandbox is gone: stopped, or found dead.
    pub fn sandbox_stopped(&mut self) {
        self.in_flight.sandbox = false;
        if let Some(sandbox) = &mut self.sandbox {
            sandbox.state = SandboxState::NotReady;
        }
    }

    /// The start of a container begins: of the pull of its image, if it needs one. A container that has ended before
    /// waits longer the next time.
    pub fn start_begun(&mut self, container: &Container, now: Timestamp) {
        self.in_flight.starting.insert(container.name.clone());
        if let Some(failed_at) = restart::failed_at(self, &container.name) {
            self.restart_back_off.next(&restart_key(container), failed_at, now);
        }
    }

    /// The image of a container is there.
    pub fn image_pulled(&mut self, image: &str) {
        self.pull_back_off.reset(image);
    }

    /// A start failed before there was a container.
    pub fn start_failed(&mut self, container: &Container, reason: StartFailureReason, message: String, now: Timestamp) {
        self.in_flight.starting.remove(&container.name);
        if reason == StartFailureReason::ErrImagePull {
            self.pull_back_off.next(container.image.as_deref().unwrap_or_default(), now, now);
        }
        self.start_failures.insert(container.name.clone(), StartFailure { reason, message, at: now });
    }

    /// There is a container: created, running, or created in vain ([`Exit::start_failed`]). Replaces what was known
    /// under this id.
    pub fn container_seen(&mut self, record: ContainerRecord) {
        self.in_flight.starting.remove(&record.name);
        self.start_failures.remove(&record.name);
        self.containers.insert(record);
    }

    /// A container has ended. The first report of an end stands.
    pub fn container_exited(&mut self, id: &str, exit: Exit) {
        self.probes.remove(id);
        self.in_flight.kills.remove(id);
        if let Some(record) = self.containers.get_mut(id).filter(|record| !record.has_exited()) {
            record.state = ContainerState::Exited(exit);
        }
    }

    /// A start was given up before there was a container.
    pub fn start_cancelled(&mut self, name: &str) {
        self.in_flight.starting.remove(name);
    }

    /// A kill has begun, or has been cut short.
    pub fn kill_begun(&mut self, id: &str, grace_seconds: i64, reason: KillReason, now: Timestamp) {
        self.in_flight.kills.insert(id.to_owned(), grace_seconds);
        if reason == KillReason::PodTerminated {
            self.in_flight.stopping_since.get_or_insert(now);
        }
        if let Some(record) = self.containers.get_mut(id) {
            record.killed_for = Some(reason);
        }
    }

    /// A container that had ended, or was never started, has been removed.
    pub fn container_removed(&mut self, id: &str) {
        self.in_flight.kills.remove(id);
        self.containers.remove(id);
    }
}
