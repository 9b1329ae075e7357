//! What nodes may do, with their own and with what is others'.

use crate::support::{Caller, PODS};
use apiserver::User;
use serde_json::{Value, json};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const NODES: &str = "/api/v1/nodes";

/// Two nodes that have registered themselves; a pod on the first needs the secret `s`.
async fn cluster() -> (Caller, Caller, Caller) {
    let admin = Caller::admin().await;
    let (one, two) = (admin.as_user(User::node("n1")), admin.as_user(User::node("n2")));
    for (node, name) in [(&one, "n1"), (&two, "n2")] {
        node.ok("POST", NODES, json!({"metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}}})).await;
    }
    for name in ["s", "t"] {
        admin.ok("POST", SECRETS, json!({"metadata": {"name": name}})).await;
    }
    let pod = json!({"metadata": {"name": "p"}, "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "i"}],
        "volumes": [{"name": "v", "secret": {"secretName": "s"}}]}});
    admin.ok("POST", PODS, pod).await;
    (admin, one, two)
}

#[tokio::test]
async fn a_node_reads_what_its_pods_need() {
    let (admin, one, two) = cluster().await;
    one.ok("GET", &format!("{SECRETS}/s"), Value::Null).await;
    let refusal = two.refused(403, "GET", &format!("{SECRETS}/s"), Value::Null).await;
    assert!(refusal.ends_with("no relationship found between node 'n2' and this object"), "{refusal}");
    one.refused(403, "GET", &format!("{SECRETS}/t"), Value::Null).await;
    one.refused(403, "GET", SECRETS, Value::Null).await;
    one.ok("GET", "/api/v1/pods?fieldSelector=spec.nodeName=n1", Value::Null).await;
    one.refused(403, "GET", "/api/v1/pods", Value::Null).await;
    one.refused(403, "GET", "/api/v1/pods?fieldSelector=spec.nodeName=n2", Value::Null).await;
    admin.ok("DELETE", &format!("{PODS}/p?gracePeriodSeconds=0"), Value::Null).await;
    // Whoever has seen that the pod is gone knows that its rights are.
    admin.ok("GET", PODS, Value::Null).await;
    one.refused(403, "GET", &format!("{SECRETS}/s"), Value::Null).await;
}

#[tokio::test]
async fn a_node_writes_itself_and_reports_on_its_pods() {
    let (_, one, two) = cluster().await;
    let status = json!({"status": {"phase": "Running"}});
    one.ok("PATCH", &format!("{PODS}/p/status"), status.clone()).await;
    let refusal = two.refused(403, "PATCH", &format!("{PODS}/p/status"), status).await;
    assert!(refusal.ends_with("can only update pod status for pods with spec.nodeName set to itself"), "{refusal}");
    one.ok("PATCH", &format!("{NODES}/n1"), json!({"metadata": {"labels": {"own": "1"}}})).await;
    one.refused(403, "PATCH", &format!("{NODES}/n2"), json!({"metadata": {"labels": {"own": "1"}}})).await;
    one.refused(403, "PATCH", &format!("{NODES}/n1"), json!({"metadata": {"labels": {"kubernetes.io/x": "1"}}})).await;
    one.refused(
        403,
        "PATCH",
        &format!("{NODES}/n1"),
        json!({"spec": {"taints": [{"key": "k", "effect": "NoExecute"}]}}),
    )
    .await;
    one.refused(403, "DELETE", &format!("{NODES}/n1"), Value::Null).await;
    two.refused(403, "DELETE", &format!("{PODS}/p"), Value::Null).await;
    one.ok("DELETE", &format!("{PODS}/p?gracePeriodSeconds=0"), Value::Null).await;
    one.refused(403, "POST", PODS, crate::support::pod("q")).await;
}

#[tokio::test]
async fn a_node_keeps_its_own_lease() {
    let (_, one, _) = cluster().await;
    let leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
    let lease = |name: &str| json!({"metadata": {"name": name}, "spec": {}});
    one.ok("POST", leases, lease("n1")).await;
    one.ok("PATCH", &format!("{leases}/n1"), json!({"spec": {"leaseDurationSeconds": 40}})).await;
    one.refused(403, "POST", leases, lease("n2")).await;
    one.refused(403, "GET", &format!("{leases}/n2"), Value::Null).await;
}
