//! Judges the pods that come to the node.

use super::{Facts, NodeObject, admit, is_due};
use crate::{
    events::{EventType::Warning, Recorder},
    naming::pod_reference,
    pod::{Observed, Rejection},
};
use k8s_openapi::api::core::v1::Pod;
use std::sync::Arc;

/// Judges pods and says so.
pub struct Admitter {
    pub facts: Facts,
    pub node: NodeObject,
    pub recorder: Recorder,
}

impl Admitter {
    /// Notes the verdict on a pod, if there is to be one.
    pub async fn judge(&self, pod: &Pod, others: &[Arc<Pod>], observed: &mut Observed) {
        if !is_due(pod, observed) {
            return;
        }
        observed.rejection = admit(pod, others, &self.node.get().await, self.facts);
        if let Some(Rejection { reason, message }) = observed.rejection.clone() {
            let (name, namespace) = (&pod.metadata.name, &pod.metadata.namespace);
            tracing::info!(pod = name, namespace, reason, message, "a pod is not taken");
            self.recorder.record(pod_reference(pod), Warning, reason, message);
        }
    }
}
