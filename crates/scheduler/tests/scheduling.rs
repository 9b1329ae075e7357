//! The scheduler against minke's own API server on a memory store.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]
#![allow(clippy::large_futures, reason = "a test is one future; its size does not matter")]

use api::kinds::served_by_default;
use apiserver::{ApiServer, User};
use futures::StreamExt;
use k8s_openapi::api::{
    core::v1::{Node, PersistentVolume, PersistentVolumeClaim, Pod},
    events::v1::Event,
    storage::v1::StorageClass,
};
use kube::{
    Api, Client,
    api::{Patch, PatchParams, PostParams},
    runtime::{WatchStreamExt, wait::await_condition, watcher},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use store::MemoryStore;
use tokio_util::sync::CancellationToken;

/// A cluster with a scheduler, which has a scheduler's rights, and without nodes; its administrator.
async fn cluster() -> Client {
    let server =
        ApiServer::start(Arc::new(MemoryStore::new()), served_by_default(), CancellationToken::new()).await.unwrap();
    let client = |user| Client::new(server.local(user), "default");
    tokio::spawn(scheduler::run(client(User::scheduler()), std::future::pending()));
    client(User::admin())
}

async fn create_node(client: &Client, name: &str, spec: Value) {
    let nodes: Api<Node> = Api::all(client.clone());
    let node = serde_json::from_value(json!({ "metadata": { "name": name }, "spec": spec })).unwrap();
    nodes.create(&PostParams::default(), &node).await.unwrap();
    let status = json!({ "status": { "allocatable": { "cpu": "4", "memory": "8Gi", "pods": "110" } } });
    nodes.patch_status(name, &PatchParams::default(), &Patch::Merge(status)).await.unwrap();
}

async fn create_pod(client: &Client, name: &str, cpu: &str) {
    let container = json!({ "name": "c", "image": "i", "resources": { "requests": { "cpu": cpu } } });
    let pod = json!({ "metadata": { "name": name }, "spec": { "containers": [container] } });
    pods(client).create(&PostParams::default(), &serde_json::from_value(pod).unwrap()).await.unwrap();
}

fn pods(client: &Client) -> Api<Pod> {
    Api::default_namespaced(client.clone())
}

/// Waits until the pod is on a node; returns its name.
async fn bound(client: &Client, name: &str) -> String {
    let node = |pod: Option<&Pod>| pod.and_then(|pod| pod.spec.as_ref()?.node_name.clone());
    let pod = await_condition(pods(client), name, |pod: Option<&Pod>| node(pod).is_some()).await.unwrap();
    node(pod.as_ref()).unwrap()
}

/// Waits until the condition `PodScheduled` has this status; returns reason and message.
async fn scheduled_condition(client: &Client, name: &str, status: &str) -> (Option<String>, Option<String>) {
    let condition = |pod: Option<&Pod>| {
        let conditions = pod?.status.as_ref()?.conditions.clone()?;
        conditions.into_iter().find(|condition| condition.type_ == "PodScheduled" && condition.status == status)
    };
    let pod = await_condition(pods(client), name, |pod: Option<&Pod>| condition(pod).is_some()).await.unwrap();
    let condition = condition(pod.as_ref()).unwrap();
    (condition.reason, condition.message)
}

/// Waits for an event about a pod.
async fn event(client: &Client, pod: &str, reason: &str) -> Event {
    let events: Api<Event> = Api::default_namespaced(client.clone());
    let mut events = watcher(events, watcher::Config::default()).applied_objects().boxed();
    loop {
        let event = events.next().await.unwrap().unwrap();
        let about = event.regarding.as_ref().and_then(|regarding| regarding.name.as_deref());
        if about == Some(pod) && event.reason.as_deref() == Some(reason) {
            return event;
        }
    }
}

/// A test that hangs has failed.
async fn in_time(test: impl Future<Output = ()>) {
    tokio::time::timeout(Duration::from_mins(1), test).await.unwrap();
}

#[tokio::test]
async fn a_pod_is_bound_and_an_event_says_so() {
    in_time(async {
        let client = cluster().await;
        create_node(&client, "n", json!({})).await;
        create_pod(&client, "p", "1").await;
        assert_eq!(bound(&client, "p").await, "n");
        scheduled_condition(&client, "p", "True").await;
        let event = event(&client, "p", "Scheduled").await;
        assert_eq!(event.note.as_deref(), Some("Successfully assigned default/p to n"));
        assert_eq!(event.reporting_controller.as_deref(), Some("default-scheduler"));
        assert_eq!((event.type_.as_deref(), event.action.as_deref()), (Some("Normal"), Some("Binding")));
    })
    .await;
}

#[tokio::test]
async fn a_pod_waits_for_a_node_that_becomes_ready() {
    in_time(async {
        let client = cluster().await;
        let taint = json!({ "key": "node.kubernetes.io/not-ready", "effect": "NoSchedule" });
        create_node(&client, "n", json!({ "taints": [taint] })).await;
        create_pod(&client, "p", "1").await;
        let message = "0/1 nodes are available: 1 node(s) had untolerated taint(s). no new claims to deallocate, \
                       preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
        let expected = (Some("Unschedulable".into()), Some(message.into()));
        assert_eq!(scheduled_condition(&client, "p", "False").await, expected);
        let event = event(&client, "p", "FailedScheduling").await;
        assert_eq!((event.type_.as_deref(), event.note.as_deref()), (Some("Warning"), Some(message)));

        let ready = Patch::Merge(json!({ "spec": { "taints": null } }));
        Api::<Node>::all(client.clone()).patch("n", &PatchParams::default(), &ready).await.unwrap();
        assert_eq!(bound(&client, "p").await, "n");
    })
    .await;
}

#[tokio::test]
async fn a_burst_fills_the_nodes_and_no_more() {
    in_time(async {
        let client = cluster().await;
        create_node(&client, "a", json!({})).await;
        create_node(&client, "b", json!({})).await;
        for number in 0..9 {
            create_pod(&client, &format!("p{number}"), "1").await;
        }
        let mut on_a = 0;
        for number in 0..8 {
            on_a += i32::from(bound(&client, &format!("p{number}")).await == "a");
        }
        assert_eq!(on_a, 4);
        let (reason, _) = scheduled_condition(&client, "p8", "False").await;
        assert_eq!(reason.as_deref(), Some("Unschedulable"));

        pods(&client).delete("p0", &kube::api::DeleteParams::default().grace_period(0)).await.unwrap();
        bound(&client, "p8").await;
    })
    .await;
}

/// Two claims of 1Gi that wait for their first consumer, and one volume for them.
async fn create_one_volume_for_two_claims(client: &Client) {
    let class = json!({ "metadata": { "name": "local" }, "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer" });
    let classes: Api<StorageClass> = Api::all(client.clone());
    classes.create(&PostParams::default(), &serde_json::from_value(class).unwrap()).await.unwrap();
    for name in ["c1", "c2"] {
        let claim = json!({ "metadata": { "name": name }, "spec": { "storageClassName": "local",
            "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } } } });
        claims(client).create(&PostParams::default(), &serde_json::from_value(claim).unwrap()).await.unwrap();
    }
    let volume = json!({ "metadata": { "name": "v" }, "spec": { "storageClassName": "local",
        "accessModes": ["ReadWriteOnce"], "capacity": { "storage": "1Gi" }, "hostPath": { "path": "/tmp" } } });
    volumes(client).create(&PostParams::default(), &serde_json::from_value(volume).unwrap()).await.unwrap();
    let available = Patch::Merge(json!({ "status": { "phase": "Available" } }));
    volumes(client).patch_status("v", &PatchParams::default(), &available).await.unwrap();
}

fn claims(client: &Client) -> Api<PersistentVolumeClaim> {
    Api::default_namespaced(client.clone())
}

fn volumes(client: &Client) -> Api<PersistentVolume> {
    Api::all(client.clone())
}

async fn create_pod_with_claim(client: &Client, name: &str, claim: &str) {
    let volume = json!({ "name": "data", "persistentVolumeClaim": { "claimName": claim } });
    let spec = json!({ "containers": [{ "name": "c", "image": "i" }], "volumes": [volume] });
    let pod = json!({ "metadata": { "name": name }, "spec": spec });
    pods(client).create(&PostParams::default(), &serde_json::from_value(pod).unwrap()).await.unwrap();
}

/// The name of the claim that the volume is given to.
async fn holder(client: &Client) -> String {
    let holder = |volume: Option<&PersistentVolume>| volume?.spec.as_ref()?.claim_ref.as_ref()?.name.clone();
    let given = |volume: Option<&PersistentVolume>| holder(volume).is_some();
    holder(await_condition(volumes(client), "v", given).await.unwrap().as_ref()).unwrap()
}

#[tokio::test]
async fn two_pods_do_not_get_one_volume() {
    in_time(async {
        let client = cluster().await;
        create_one_volume_for_two_claims(&client).await;
        create_pod_with_claim(&client, "p1", "c1").await;
        create_pod_with_claim(&client, "p2", "c2").await;
        create_node(&client, "n", json!({})).await;

        let holder = holder(&client).await;
        let (winner, loser) = if holder == "c1" { ("p1", "p2") } else { ("p2", "p1") };
        let message = "0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind. \
                       no new claims to deallocate, preemption: 0/1 nodes are available: \
                       1 Preemption is not helpful for scheduling.";
        let (_, said) = scheduled_condition(&client, loser, "False").await;
        assert_eq!(said.as_deref(), Some(message));
        // It waits until the volume controller, which is played here, has bound the claim too.
        assert_eq!(pods(&client).get(winner).await.unwrap().spec.unwrap().node_name, None);
        let bound_claim = Patch::Merge(json!({
            "metadata": { "annotations": { "pv.kubernetes.io/bind-completed": "yes" } },
            "spec": { "volumeName": "v" },
        }));
        claims(&client).patch(&holder, &PatchParams::default(), &bound_claim).await.unwrap();
        assert_eq!(bound(&client, winner).await, "n");
    })
    .await;
}

#[tokio::test]
async fn a_pod_is_scheduled_once_its_claim_is_there() {
    in_time(async {
        let client = cluster().await;
        create_node(&client, "n", json!({})).await;
        create_pod_with_claim(&client, "p", "c2").await;
        let (_, said) = scheduled_condition(&client, "p", "False").await;
        let message = "0/1 nodes are available: persistentvolumeclaim \"c2\" not found. not found";
        assert_eq!(said.as_deref(), Some(message));
        create_one_volume_for_two_claims(&client).await;
        assert_eq!(holder(&client).await, "c2");
    })
    .await;
}
