//! The node's Lease in kube-node-lease: the cheap sign of life, renewed every ten seconds (KEP-589).

use crate::{clock::Clock, complaint::Complaint};
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::json;
use std::time::Duration;

const RENEW_EVERY: Duration = Duration::from_secs(10);
const DURATION_SECONDS: i32 = 40;
const NAMESPACE: &str = "kube-node-lease";

/// Renews the lease for ever; a failed renewal is tried again at the next beat.
pub async fn renew(client: kube::Client, node_name: String, node_uid: String, clock: Clock) {
    let leases: Api<Lease> = Api::namespaced(client, NAMESPACE);
    let mut beat = tokio::time::interval(RENEW_EVERY);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut complaint = Complaint::default();
    loop {
        beat.tick().await;
        let spec = json!({
            "holderIdentity": node_name,
            "leaseDurationSeconds": DURATION_SECONDS,
            "renewTime": k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime(clock.now()),
        });
        match renew_once(&leases, &node_name, &node_uid, &spec).await {
            Ok(()) => complaint.settle(),
            Err(error) if complaint.is_news(&error) => {
                tracing::warn!(%error, node = node_name, "cannot renew the node's lease");
            }
            Err(_) => {}
        }
    }
}

async fn renew_once(
    leases: &Api<Lease>,
    name: &str,
    node_uid: &str,
    spec: &serde_json::Value,
) -> Result<(), kube::Error> {
    let patch = Patch::Merge(json!({ "spec": spec }));
    match leases.patch(name, &PatchParams::default(), &patch).await {
        Err(kube::Error::Api(status)) if status.is_not_found() => {}
        other => return other.map(drop),
    }
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "name": name,
            "ownerReferences": [{ "apiVersion": "v1", "kind": "Node", "name": name, "uid": node_uid }],
        },
        "spec": spec,
    });
    let lease: Lease = serde_json::from_value(lease).map_err(kube::Error::SerdeError)?;
    leases.create(&PostParams::default(), &lease).await.map(drop)
}
