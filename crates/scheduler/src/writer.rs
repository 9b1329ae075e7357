//! Writes to the API server what was decided about a pod.

use crate::{
    DEFAULT_NAME,
    error::Error,
    records::{NotScheduled, binding, failed_event, scheduled_event, still_counts},
};
use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{Patch, PatchParams, PostParams},
    runtime::events::{Event, Recorder},
};
use serde_json::Value;

/// How often a verdict is written while others go on changing the pod (`retry.DefaultRetry`).
const MOST_ATTEMPTS: u32 = 5;

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
        if let Err(source) = self.write_verdict(pod, condition).await {
            log(&Error::Condition { pod: display_name(pod), source });
        }
    }

    /// Writes to the version of the pod that was judged. If there is a newer one, the verdict must not hide what
    /// happened meanwhile, a binding for example.
    async fn write_verdict(&self, judged: &Pod, verdict: &NotScheduled) -> kube::Result<()> {
        let (pods, name) = (self.pods(judged), judged.name_any());
        let (mut pod, mut attempts) = (judged.clone(), 0);
        while let Some(patch) = verdict.patch(&pod, &Time(Timestamp::now())) {
            attempts += 1;
            match pods.patch_status(&name, &PatchParams::default(), &Patch::Strategic(patch)).await {
                Err(kube::Error::Api(status)) if status.code == 409 && attempts < MOST_ATTEMPTS => {
                    pod = pods.get(&name).await?;
                }
                written => return written.map(drop),
            }
            if !still_counts(judged, &pod) {
                break;
            }
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use api::kinds::served_by_default;
    use apiserver::{ApiServer, User};
    use serde_json::json;
    use std::sync::Arc;
    use store::MemoryStore;
    use tokio_util::sync::CancellationToken;

    async fn created_pod(client: &Client) -> Pod {
        let pod = json!({ "metadata": { "name": "p" }, "spec": { "containers": [{ "name": "c", "image": "i" }] } });
        let pods = Api::default_namespaced(client.clone());
        pods.create(&PostParams::default(), &serde_json::from_value(pod).unwrap()).await.unwrap()
    }

    /// Status and reason of the condition `PodScheduled`.
    async fn verdict(client: &Client) -> Option<(String, Option<String>)> {
        let pod = Api::<Pod>::default_namespaced(client.clone()).get("p").await.unwrap();
        let mut conditions = pod.status.and_then(|status| status.conditions).into_iter().flatten();
        let found = conditions.find(|condition| condition.type_ == "PodScheduled");
        found.map(|condition| (condition.status, condition.reason))
    }

    #[tokio::test]
    async fn a_late_verdict_hides_neither_a_binding_nor_what_others_changed() {
        let store = Arc::new(MemoryStore::new());
        let server = ApiServer::start(store, served_by_default(), CancellationToken::new()).await.unwrap();
        let client = Client::new(server.local(User::admin()), "default");
        let writer = Writer::new(client.clone());
        let judged = created_pod(&client).await;

        let labels = Patch::Merge(json!({ "metadata": { "labels": { "changed": "meanwhile" } } }));
        let pods: Api<Pod> = Api::default_namespaced(client.clone());
        pods.patch("p", &PatchParams::default(), &labels).await.unwrap();
        writer.reject(&judged, "no room".into()).await;
        assert_eq!(verdict(&client).await, Some(("False".into(), Some("Unschedulable".into()))));

        let judged = pods.get("p").await.unwrap();
        assert_eq!(writer.bind(&judged, "n").await, None);
        writer.reject(&judged, "still no room".into()).await;
        assert_eq!(verdict(&client).await, Some(("True".into(), None)));
    }
}
