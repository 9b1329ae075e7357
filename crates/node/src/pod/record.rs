//! How what the node knows of a pod changes: one function an event. The shell calls them as things happen.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Container;

use super::backoff::restart_key;
use super::observed::{
    ContainerRecord, ContainerState, Exit, Kill, Observed, SandboxRecord, SandboxState, StartFailure,
    StartFailureReason,
};

impl Observed {
    /// A sandbox has been created.
    pub fn sandbox_created(&mut self, sandbox: SandboxRecord) {
        self.in_flight.sandbox = false;
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
        if let Some(exit) = self.latest(&container.name).and_then(ContainerRecord::exit) {
            let failed_at = exit.finished_at;
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
        match self.containers.iter_mut().find(|known| known.id == record.id) {
            Some(known) => *known = record,
            None => self.containers.push(record),
        }
    }

    /// A container has ended. The first report of an end stands.
    pub fn container_exited(&mut self, id: &str, exit: Exit) {
        self.probes.remove(id);
        if let Some(record) = self.containers.iter_mut().find(|record| record.id == id && !record.has_exited()) {
            record.state = ContainerState::Exited(exit);
        }
    }

    /// A kill has been asked for. A later one with another grace period leaves the beginning as it was.
    pub fn kill_begun(&mut self, id: &str, grace_seconds: i64, now: Timestamp) {
        let since = self.in_flight.kills.get(id).map_or(now, |kill| kill.since);
        self.in_flight.kills.insert(id.to_owned(), Kill { since, grace_seconds });
    }

    /// A container that had ended has been removed.
    pub fn container_removed(&mut self, id: &str) {
        self.containers.retain(|record| record.id != id);
        self.in_flight.kills.remove(id);
    }
}
