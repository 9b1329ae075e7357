//! Initialization: init containers one after the other, sidecars among them started and kept running
//! (`computeInitContainerActions` in `pkg/kubelet/kuberuntime/kuberuntime_container.go`, KEP-753).

use super::Planner;
use crate::pod::observed::{ContainerRecord, ContainerState, SandboxRecord};
use api::pod::containers::is_sidecar;
use k8s_openapi::api::core::v1::Container;

impl<'a> Planner<'a> {
    /// Takes the next step of initialization and keeps sidecars running. True when the main containers may run.
    ///
    /// The last init container that has a record in this sandbox tells how far initialization has come: those before
    /// it have done their part, even if their records are gone.
    pub(super) fn initialize(&mut self, sandbox: &SandboxRecord) -> bool {
        let init_containers = self.spec.init_containers.as_deref().unwrap_or_default();
        let Some(last) = init_containers.len().checked_sub(1) else { return true };
        if self.has_live_main_container(sandbox) {
            self.keep_sidecars(init_containers, sandbox);
            return true;
        }
        let reached = init_containers.iter().rposition(|container| self.in_sandbox(container, sandbox).is_some());
        let Some(reached) = reached else {
            init_containers.iter().take(1).for_each(|first| self.start_container(first));
            return false;
        };
        self.keep_sidecars(init_containers.get(..reached).unwrap_or_default(), sandbox);
        let Some(current) = init_containers.get(reached) else { return false };
        let done = self.advance(current, sandbox);
        if done && let Some(next) = init_containers.get(reached + 1) {
            self.start_container(next);
        }
        done && reached == last
    }

    /// Keeps the init container that initialization has come to going. True when the next may start.
    fn advance(&mut self, container: &Container, sandbox: &SandboxRecord) -> bool {
        let Some(record) = self.in_sandbox(container, sandbox) else { return false };
        if is_sidecar(container) {
            self.keep_running(container, Some(record));
            return record.is_running() && self.observed.probes(&record.id).started;
        }
        match &record.state {
            ContainerState::Exited(exit) if exit.exit_code == 0 => true,
            // Its image is what it was started with: only sidecars follow changes of the spec.
            ContainerState::Running { .. } => false,
            ContainerState::Created | ContainerState::Exited(_) => {
                self.keep_running(container, Some(record));
                false
            }
        }
    }

    fn keep_sidecars(&mut self, init_containers: &[Container], sandbox: &SandboxRecord) {
        for container in init_containers.iter().filter(|container| is_sidecar(container)) {
            self.keep_running(container, self.in_sandbox(container, sandbox));
        }
    }

    /// The newest attempt of an init container, if it was made in this sandbox: a new sandbox is initialized anew.
    fn in_sandbox(&self, container: &Container, sandbox: &SandboxRecord) -> Option<&'a ContainerRecord> {
        self.observed.latest(&container.name).filter(|record| record.sandbox_id == sandbox.id)
    }

    /// A main container that is alive proves that the pod was initialized. (One that has exited does not: it may be
    /// from before a reboot.)
    fn has_live_main_container(&self, sandbox: &SandboxRecord) -> bool {
        self.spec
            .containers
            .iter()
            .filter_map(|container| self.observed.latest(&container.name))
            .any(|record| record.sandbox_id == sandbox.id && !record.has_exited())
    }
}
