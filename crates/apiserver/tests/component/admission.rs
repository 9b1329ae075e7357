//! What admission makes of new objects, and what it refuses.

use crate::support::{Caller, PODS, pod};
use serde_json::{Value, json};

const PRIORITY_CLASSES: &str = "/apis/scheduling.k8s.io/v1/priorityclasses";

fn priority_class(name: &str, value: i64, default: bool) -> Value {
    json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
        "value": value, "globalDefault": default})
}

fn pod_with(name: &str, field: &str, value: &str) -> Value {
    let mut pod = pod(name);
    pod["spec"][field] = value.into();
    pod
}

#[tokio::test]
async fn pods_get_the_priority_of_their_class() {
    let admin = Caller::admin().await;
    assert_eq!(admin.ok("POST", PODS, pod("a")).await["spec"]["priority"], 0);
    admin.ok("POST", PRIORITY_CLASSES, priority_class("high", 1000, false)).await;
    admin.ok("POST", PRIORITY_CLASSES, priority_class("usual", 10, true)).await;
    let made = admin.ok("POST", PODS, pod_with("b", "priorityClassName", "high")).await;
    assert_eq!(
        (&made["spec"]["priority"], &made["spec"]["preemptionPolicy"]),
        (&json!(1000), &json!("PreemptLowerPriority"))
    );
    let made = admin.ok("POST", PODS, pod("c")).await;
    assert_eq!((&made["spec"]["priority"], &made["spec"]["priorityClassName"]), (&json!(10), &json!("usual")));
}

#[tokio::test]
async fn what_a_pod_names_must_exist() {
    let admin = Caller::admin().await;
    for (field, message) in [
        ("priorityClassName", "no PriorityClass with name nosuch was found"),
        ("serviceAccountName", "error looking up service account default/nosuch: serviceaccount \"nosuch\" not found"),
        ("runtimeClassName", "pod rejected: RuntimeClass \"nosuch\" not found"),
    ] {
        let said = admin.refused(403, "POST", PODS, pod_with("x", field, "nosuch")).await;
        assert_eq!(said, format!("pods \"x\" is forbidden: {message}"));
    }
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}});
    admin.ok("POST", "/api/v1/namespaces/default/serviceaccounts", account).await;
    admin.ok("POST", PODS, pod_with("x", "serviceAccountName", "robot")).await;
    let class = json!({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "vm"}, "handler": "vm",
        "overhead": {"podFixed": {"cpu": "1"}}});
    admin.ok("POST", "/apis/node.k8s.io/v1/runtimeclasses", class).await;
    let made = admin.ok("POST", PODS, pod_with("y", "runtimeClassName", "vm")).await;
    assert_eq!(made["spec"]["overhead"], json!({"cpu": "1"}));
}

#[tokio::test]
async fn an_account_that_says_so_limits_its_pods_to_its_secrets() {
    let admin = Caller::admin().await;
    let annotations = json!({"kubernetes.io/enforce-mountable-secrets": "true"});
    let account = json!({"metadata": {"name": "robot", "annotations": annotations}, "secrets": [{"name": "own"}]});
    admin.ok("POST", "/api/v1/namespaces/default/serviceaccounts", account).await;
    let variable = |secret: &str| json!([{"name": "X", "valueFrom": {"secretKeyRef": {"name": secret, "key": "k"}}}]);
    let with = |name: &str, secret: &str| {
        let mut pod = pod_with(name, "serviceAccountName", "robot");
        pod["spec"]["containers"][0]["env"] = variable(secret);
        pod
    };
    let refusal = admin.refused(403, "POST", PODS, with("a", "other")).await;
    let cause = "envVar X referencing secret.secretName=\"other\" is not allowed because service account robot does not reference that secret";
    assert!(refusal.ends_with(&format!("container c with {cause}")), "{refusal}");
    admin.ok("POST", PODS, with("a", "own")).await;
    let late =
        |secret: &str| json!({"spec": {"ephemeralContainers": [{"name": "e", "image": "i", "env": variable(secret)}]}});
    let path = format!("{PODS}/a/ephemeralcontainers");
    let refusal = admin.refused(403, "PATCH", &path, late("other")).await;
    assert!(refusal.ends_with(&format!("ephemeral container e with {cause}")), "{refusal}");
    admin.ok("PATCH", &path, late("own")).await;

    let mut mirror = pod_with("m", "serviceAccountName", "robot");
    mirror["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "x"});
    mirror["spec"]["nodeName"] = json!("n");
    let refusal = admin.refused(403, "POST", PODS, mirror).await;
    assert!(refusal.ends_with("a mirror pod may not reference service accounts"), "{refusal}");
}

#[tokio::test]
async fn there_is_one_default_priority_class() {
    let admin = Caller::admin().await;
    admin.ok("POST", PRIORITY_CLASSES, priority_class("a", 1, true)).await;
    admin.ok("POST", PRIORITY_CLASSES, priority_class("b", 2, false)).await;
    let cause = "PriorityClass a is already marked as default. Only one default can exist";
    let said = admin.refused(403, "POST", PRIORITY_CLASSES, priority_class("c", 3, true)).await;
    assert_eq!(said, format!("priorityclasses.scheduling.k8s.io \"c\" is forbidden: {cause}"));
    let b = format!("{PRIORITY_CLASSES}/b");
    let said = admin.refused(403, "PATCH", &b, json!({"globalDefault": true})).await;
    assert!(said.ends_with(cause), "{said}");
    admin.ok("PATCH", &format!("{PRIORITY_CLASSES}/a"), json!({"description": "usual"})).await;
}

#[tokio::test]
async fn limit_ranges_complete_and_bound_what_is_asked_for() {
    let admin = Caller::admin().await;
    let ranges = "/api/v1/namespaces/default/limitranges";
    let limits = json!([{"type": "Container", "default": {"cpu": "1"}, "max": {"cpu": "2"}}]);
    admin.ok("POST", ranges, json!({"metadata": {"name": "r"}, "spec": {"limits": limits}})).await;
    let pods = "/api/v1/namespaces/default/pods";
    let made = admin.ok("POST", pods, pod("a")).await;
    assert_eq!(made["spec"]["containers"][0]["resources"], json!({"limits": {"cpu": "1"}, "requests": {"cpu": "1"}}));
    let mut greedy = pod("b");
    greedy["spec"]["containers"][0]["resources"] = json!({"limits": {"cpu": "3"}});
    let refused = admin.refused(403, "POST", pods, greedy).await;
    let cause = "pods \"b\" is forbidden: maximum cpu usage per Container is 2, but limit is 3";
    assert!(refused.starts_with(cause), "{refused}");
}

#[tokio::test]
async fn a_claim_gets_the_default_class() {
    let admin = Caller::admin().await;
    let mark = json!({"storageclass.kubernetes.io/is-default-class": "true"});
    let class = json!({"metadata": {"name": "fast", "annotations": mark}, "provisioner": "example.com/a"});
    admin.ok("POST", "/apis/storage.k8s.io/v1/storageclasses", class).await;
    let claims = "/api/v1/namespaces/default/persistentvolumeclaims";
    let spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
    let made = admin.ok("POST", claims, json!({"metadata": {"name": "c"}, "spec": spec})).await;
    assert_eq!(made["spec"]["storageClassName"], "fast");
    let more = json!({"spec": {"resources": {"requests": {"storage": "2Gi"}}}});
    admin.refused(403, "PATCH", &format!("{claims}/c"), more).await;
}
