//! The Node object and its Lease: registration, the five-minute heartbeat, and changes at once.

mod conditions;
mod facts;
mod lease;
mod object;

use k8s_openapi::api::core::v1::{ContainerImage, Node, NodeCondition};
use kube::{
    ResourceExt,
    api::{Api, Patch, PatchParams, PostParams},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::sync::{oneshot, watch};

pub use conditions::NotReady;
pub use facts::Facts;
pub use lease::renew as renew_lease;
pub use object::{Identity, allocatable, node_with_allocatable};

use crate::{
    blocking,
    clock::Clock,
    complaint::Complaint,
    events::{EventType::Normal, Recorder},
    naming::node_reference,
};

/// How often an unchanged status is posted (the kubelet's nodeStatusReportFrequency).
const HEARTBEAT: Duration = Duration::from_mins(5);
const RETRY: Duration = Duration::from_secs(1);

/// Keeps the Node object in step with the machine.
pub struct NodeStatusReporter {
    nodes: Api<Node>,
    identity: Identity,
    facts: Facts,
    clock: Clock,
    recorder: Recorder,
    images: Arc<dyn Fn() -> Vec<ContainerImage> + Send + Sync>,
}

impl NodeStatusReporter {
    pub fn new(
        client: kube::Client,
        identity: Identity,
        facts: Facts,
        clock: Clock,
        recorder: Recorder,
        images: Arc<dyn Fn() -> Vec<ContainerImage> + Send + Sync>,
    ) -> Self {
        Self { nodes: Api::all(client), identity, facts, clock, recorder, images }
    }

    /// Creates the Node object, or brings the one of an earlier run up to date, until the API server agrees.
    pub async fn register(&self) -> Node {
        let mut complaint = Complaint::default();
        loop {
            match self.try_register().await {
                Ok(node) => return node,
                Err(error) if complaint.is_news(&error) => {
                    tracing::warn!(%error, node = self.identity.name, "cannot register the node");
                }
                Err(_) => {}
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn try_register(&self) -> Result<Node, kube::Error> {
        let wanted = object::node(&self.identity);
        match self.nodes.create(&PostParams::default(), &wanted).await {
            Err(kube::Error::Api(status)) if status.is_already_exists() => {
                let patch = Patch::Merge(json!({ "metadata": { "labels": wanted.metadata.labels } }));
                self.nodes.patch(&self.identity.name, &PatchParams::default(), &patch).await
            }
            other => other,
        }
    }

    /// Posts the status now and then whenever `health` changes, images come or go, or a heartbeat is due. `is_posted`
    /// is told when it is there for the first time.
    pub async fn report(
        self,
        registered: Node,
        mut health: watch::Receiver<NotReady>,
        images_changed: Arc<tokio::sync::Notify>,
        is_posted: oneshot::Sender<()>,
    ) {
        self.recorder.record(node_reference(&self.identity.name), Normal, "Starting", "Starting kubelet.");
        let mut posted = registered.status.and_then(|status| status.conditions).unwrap_or_default();
        let (mut complaint, mut is_posted) = (Complaint::default(), Some(is_posted));
        loop {
            let not_ready = health.borrow_and_update().clone();
            let pause = match self.post(&not_ready, &posted).await {
                Ok(conditions) => {
                    complaint.settle();
                    // An error means that nobody waits for it any more.
                    let _ = is_posted.take().map(|is_posted| is_posted.send(()));
                    self.tell_readiness(&posted, &conditions);
                    posted = conditions;
                    HEARTBEAT
                }
                Err(error) => {
                    if complaint.is_news(&error) {
                        tracing::warn!(%error, node = self.identity.name, "cannot post the node's status");
                    }
                    RETRY
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = images_changed.notified() => {}
                changed = health.changed() => if changed.is_err() { return },
            }
        }
    }

    fn tell_readiness(&self, before: &[NodeCondition], after: &[NodeCondition]) {
        if let Some(reason) = readiness_changed(before, after) {
            let name = &self.identity.name;
            self.recorder.record(node_reference(name), Normal, reason, format!("Node {name} status is now: {reason}"));
        }
    }

    async fn post(&self, not_ready: &NotReady, previous: &[NodeCondition]) -> Result<Vec<NodeCondition>, kube::Error> {
        let conditions = conditions::conditions(not_ready, previous, self.clock.now());
        let images = Arc::clone(&self.images);
        let images = blocking::run(move || images()).await;
        let status = object::status(&self.identity, &self.facts, conditions, images);
        let patch = Patch::Strategic(json!({ "status": status }));
        let node = match self.nodes.patch_status(&self.identity.name, &PatchParams::default(), &patch).await {
            Err(kube::Error::Api(status)) if status.is_not_found() => {
                // Somebody deleted the Node object while we live: a kubelet registers again.
                self.register().await;
                self.nodes.patch_status(&self.identity.name, &PatchParams::default(), &patch).await?
            }
            other => other?,
        };
        tracing::debug!(node = node.name_any(), "posted the node's status");
        Ok(node.status.and_then(|status| status.conditions).unwrap_or_default())
    }
}

/// The kubelet's event when a node becomes ready, or is no longer (`setters.go` of `pkg/kubelet/nodestatus`).
fn readiness_changed(before: &[NodeCondition], after: &[NodeCondition]) -> Option<&'static str> {
    let is_ready = |conditions: &[NodeCondition]| {
        conditions.iter().find(|condition| condition.type_ == "Ready").map(|condition| condition.status == "True")
    };
    match (is_ready(before), is_ready(after)?) {
        (Some(before), after) if before == after => None,
        (_, true) => Some("NodeReady"),
        (_, false) => Some("NodeNotReady"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_is_told_when_it_changes() {
        let ready = |status: &str| {
            vec![NodeCondition { type_: "Ready".into(), status: status.into(), ..NodeCondition::default() }]
        };
        for (before, after, expected) in [
            (vec![], ready("True"), Some("NodeReady")),
            (ready("True"), ready("True"), None),
            (ready("True"), ready("False"), Some("NodeNotReady")),
            (ready("False"), ready("True"), Some("NodeReady")),
        ] {
            assert_eq!(readiness_changed(&before, &after), expected);
        }
    }
}
