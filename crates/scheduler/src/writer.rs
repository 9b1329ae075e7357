//! Writes to the API server what was decided about a pod.

use crate::{
    DEFAULT_NAME,
    error::Error,
    records::{NotScheduled, binding, failed_event, scheduled_event},
};
use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{Patch, PatchParams, PostParams},
    runtime::events::{Event, Recorder},
};
use serde_json::Value;

#[derive(Clone)]
pub(crate) struct Writer {
    client: Client,
    events: Recorder,
}

impl Writer {
    pub(crate) fn new(client: Client) -> Self {
        let events = Recorder::new(client.clone(), DEFAULT_NAME.into());
        Self { client, events }
    }

    /// Binds a pod to a node, and only then says so. Returns the pod's uid if that failed.
    pub(crate) async fn bind(&self, pod: &Pod, node: &str) -> Option<String> {
        let name = display_name(pod);
        let posted: kube::Result<Value> = self
            .pods(pod)
            .create_subresource("binding", &pod.name_any(), &PostParams::default(), &binding(pod, node))
            .await;
        if let Err(source) = posted {
            log(&Error::Bind { pod: name, node: node.into(), source });
            return pod.metadata.uid.clone();
        }
        tracing::debug!(pod = name, node, "bound");
        self.publish(pod, "Scheduled", &scheduled_event(&name, node)).await;
        None
    }

    /// Says that a pod fits nowhere.
    pub(crate) async fn reject(&self, pod: &Pod, message: String) {
        tracing::debug!(pod = display_name(pod), message, "unschedulable");
        self.publish(pod, "FailedScheduling", &failed_event(&message)).await;
        self.set_condition(pod, &NotScheduled::unschedulable(message)).await;
    }

    /// Says that a pod has scheduling gates.
    pub(crate) async fn gate(&self, pod: &Pod) {
        self.set_condition(pod, &NotScheduled::gated()).await;
    }

    async fn set_condition(&self, pod: &Pod, condition: &NotScheduled) {
        let Some(patch) = condition.patch(pod, &Time(Timestamp::now())) else { return };
        let patch = Patch::Strategic(patch);
        if let Err(source) = self.pods(pod).patch_status(&pod.name_any(), &PatchParams::default(), &patch).await {
            log(&Error::Condition { pod: display_name(pod), source });
        }
    }

    async fn publish(&self, pod: &Pod, reason: &'static str, event: &Event) {
        if let Err(source) = self.events.publish(event, &pod.object_ref(&())).await {
            log(&Error::Event { pod: display_name(pod), reason, source });
        }
    }

    fn pods(&self, pod: &Pod) -> Api<Pod> {
        Api::namespaced(self.client.clone(), &pod.namespace().unwrap_or_default())
    }
}

fn display_name(pod: &Pod) -> String {
    format!("{}/{}", pod.namespace().unwrap_or_default(), pod.name_any())
}

fn log(error: &Error) {
    if error.is_deleted_meanwhile() {
        tracing::debug!("{error}");
    } else {
        tracing::warn!("{error}");
    }
}
