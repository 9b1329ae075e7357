//! Writes to the API server what was decided about a pod.

use crate::{
    DEFAULT_NAME,
    error::Error,
    framework::storage::key,
    framework::{Reservation, VolumeForClaim},
    records::{NotScheduled, binding, failed_event, holder_patch, scheduled_event, selected_node_patch, still_counts},
};
use k8s_openapi::{
    api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod},
    apimachinery::pkg::apis::meta::v1::Time,
    jiff::Timestamp,
};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{Patch, PatchParams, PostParams},
    runtime::events::{Event, Recorder},
};
use serde_json::Value;
use std::sync::Arc;

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

    /// Writes down what is reserved for a pod. Returns it in the versions that came of it.
    pub(crate) async fn bind_volumes(&self, node: &str, reserved: &Reservation) -> Result<Reservation, Error> {
        let mut written = Reservation::default();
        for VolumeForClaim { volume, claim } in &reserved.volumes {
            let volume = self.give(volume, claim).await?;
            written.volumes.push(VolumeForClaim { volume, claim: claim.clone() });
        }
        for claim in &reserved.provisioned {
            written.provisioned.push(self.select_node(claim, node).await?);
        }
        Ok(written)
    }

    async fn give(
        &self,
        volume: &Arc<PersistentVolume>,
        claim: &PersistentVolumeClaim,
    ) -> Result<Arc<PersistentVolume>, Error> {
        let Some(patch) = holder_patch(volume, claim) else { return Ok(volume.clone()) };
        let volumes: Api<PersistentVolume> = Api::all(self.client.clone());
        let given = volumes.patch(&volume.name_any(), &PatchParams::default(), &Patch::Merge(patch)).await;
        let error = |source| Error::GiveVolume { volume: volume.name_any(), claim: key(&claim.metadata), source };
        given.map(Arc::new).map_err(error)
    }

    async fn select_node(
        &self,
        claim: &Arc<PersistentVolumeClaim>,
        node: &str,
    ) -> Result<Arc<PersistentVolumeClaim>, Error> {
        let claims = Api::namespaced(self.client.clone(), &claim.namespace().unwrap_or_default());
        let patch = Patch::Merge(selected_node_patch(claim, node));
        let written = claims.patch(&claim.name_any(), &PatchParams::default(), &patch).await;
        let error = |source| Error::SelectNode { claim: key(&claim.metadata), node: node.into(), source };
        written.map(Arc::new).map_err(error)
    }

    /// Says that a pod fits nowhere.
    pub(crate) async fn reject(&self, pod: &Pod, message: String) {
        tracing::debug!(pod = display_name(pod), message, "unschedulable");
        self.publish(pod, "FailedScheduling", &failed_event(&message)).await;
        self.set_condition(pod, &NotScheduled::unschedulable(message)).await;
    }

    /// Says that a pod could not be bound to the node that was chosen for it. Returns the pod's uid.
    pub(crate) async fn fail(&self, pod: &Pod, message: String) -> Option<String> {
        tracing::debug!(pod = display_name(pod), message, "not bound");
        self.publish(pod, "FailedScheduling", &failed_event(&message)).await;
        self.set_condition(pod, &NotScheduled::failed(message)).await;
        pod.metadata.uid.clone()
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
