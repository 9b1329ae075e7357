//! What others see of a pod's worker: the log server, the PLEG, the list of pods.

use crate::pod::{ContainerRecord, Observed};
use api::pod::phase::is_terminal;
use k8s_openapi::api::core::v1::Pod;
use runtime::Sandbox;
use std::sync::Arc;

/// A worker's state of affairs after its last step.
#[derive(Clone, Default)]
pub struct View {
    /// The object, with the status the worker has computed.
    pub pod: Arc<Pod>,
    pub observed: Observed,
    /// The living sandbox.
    pub sandbox: Option<Sandbox>,
}

impl View {
    pub fn container(&self, id: &str) -> Option<&ContainerRecord> {
        self.observed.containers.iter().find(|record| record.id == id)
    }

    /// The pod, unless it has ended or was not taken.
    pub fn active_pod(&self) -> Option<Arc<Pod>> {
        let phase = self.pod.status.as_ref().and_then(|status| status.phase.as_deref());
        (self.observed.rejection.is_none() && !is_terminal(phase)).then(|| Arc::clone(&self.pod))
    }

    /// Whether a container will write nothing any more.
    pub fn has_ended(&self, id: &str) -> bool {
        self.container(id).is_none_or(ContainerRecord::has_exited)
    }
}
