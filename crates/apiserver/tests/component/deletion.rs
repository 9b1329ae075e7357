//! Deleting: at once, gracefully, after finalizers; namespaces.

use crate::support::{CONFIG_MAPS, Caller, PODS, config_map, pod};
use serde_json::{Value, json};

async fn bound_pod(admin: &Caller, name: &str) {
    admin.ok("POST", PODS, pod(name)).await;
    let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": {"kind": "Node", "name": "n1"}});
    admin.ok("POST", &format!("{PODS}/{name}/binding"), binding).await;
}

#[tokio::test]
async fn an_object_goes_at_once_and_with_its_own_uid_only() {
    let admin = Caller::admin().await;
    let made = admin.ok("POST", CONFIG_MAPS, config_map("a", "1")).await;
    let path = format!("{CONFIG_MAPS}/a");
    let said = admin.refused(409, "DELETE", &path, json!({"preconditions": {"uid": "other"}})).await;
    assert!(said.contains("Precondition failed: UID in precondition: other"), "{said}");
    let gone = admin.ok("DELETE", &path, json!({"preconditions": {"uid": made["metadata"]["uid"]}})).await;
    assert_eq!((&gone["kind"], &gone["status"]), (&json!("Status"), &json!("Success")));
    assert_eq!(gone["details"]["uid"], made["metadata"]["uid"]);
    admin.refused(404, "DELETE", &path, Value::Null).await;
}

#[tokio::test]
async fn a_pod_without_a_node_goes_at_once() {
    let admin = Caller::admin().await;
    admin.ok("POST", PODS, pod("a")).await;
    assert_eq!(admin.ok("DELETE", &format!("{PODS}/a"), Value::Null).await["kind"], "Pod");
    admin.refused(404, "GET", &format!("{PODS}/a"), Value::Null).await;
}

#[tokio::test]
async fn a_pod_on_a_node_goes_gracefully() {
    let admin = Caller::admin().await;
    bound_pod(&admin, "a").await;
    let path = format!("{PODS}/a");
    let going = admin.ok("DELETE", &path, Value::Null).await;
    assert_eq!(going["metadata"]["deletionGracePeriodSeconds"], 30);
    assert!(going["metadata"]["deletionTimestamp"].is_string());
    let again = admin.ok("DELETE", &path, json!({"gracePeriodSeconds": 60})).await;
    assert_eq!(again["metadata"]["deletionGracePeriodSeconds"], 30, "a later call cannot give more time");
    let hurried = admin.ok("DELETE", &path, json!({"gracePeriodSeconds": 5})).await;
    assert_eq!(hurried["metadata"]["deletionGracePeriodSeconds"], 5);
    assert!(hurried["metadata"]["deletionTimestamp"].as_str() < going["metadata"]["deletionTimestamp"].as_str());
    admin.ok("DELETE", &path, json!({"gracePeriodSeconds": 0})).await;
    admin.refused(404, "GET", &path, Value::Null).await;
}

#[tokio::test]
async fn finalizers_hold_an_object_back() {
    let admin = Caller::admin().await;
    let mut held = config_map("a", "1");
    held["metadata"]["finalizers"] = json!(["example.com/wait"]);
    admin.ok("POST", CONFIG_MAPS, held).await;
    let path = format!("{CONFIG_MAPS}/a");
    let going = admin.ok("DELETE", &path, Value::Null).await;
    assert!(going["metadata"]["deletionTimestamp"].is_string());
    admin.ok("GET", &path, Value::Null).await;
    admin.ok("PATCH", &path, json!({"metadata": {"finalizers": null}})).await;
    admin.refused(404, "GET", &path, Value::Null).await;
}

#[tokio::test]
async fn a_collection_is_deleted_by_selector() {
    let admin = Caller::admin().await;
    for (name, label) in [("a", "x"), ("b", "x"), ("c", "y")] {
        let mut object = config_map(name, "1");
        object["metadata"]["labels"] = json!({ "l": label });
        admin.ok("POST", CONFIG_MAPS, object).await;
    }
    admin.ok("DELETE", &format!("{CONFIG_MAPS}?labelSelector=l%3Dx"), Value::Null).await;
    let left = admin.ok("GET", CONFIG_MAPS, Value::Null).await;
    let names: Vec<_> = left["items"].as_array().unwrap().iter().map(|item| item["metadata"]["name"].clone()).collect();
    assert_eq!(names, ["c"]);
}

#[tokio::test]
async fn a_pod_is_bound_once() {
    let admin = Caller::admin().await;
    bound_pod(&admin, "a").await;
    let bound = admin.ok("GET", &format!("{PODS}/a"), Value::Null).await;
    assert_eq!(bound["spec"]["nodeName"], "n1");
    assert_eq!(bound["status"]["conditions"][0]["type"], "PodScheduled");
    let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "a"}, "target": {"name": "n2"}});
    let said = admin.refused(409, "POST", &format!("{PODS}/a/binding"), binding).await;
    assert!(said.contains("pod a is already assigned to node \"n1\""), "{said}");
}

#[tokio::test]
async fn a_namespace_ends_when_it_is_finalized() {
    let admin = Caller::admin().await;
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}});
    let made = admin.ok("POST", "/api/v1/namespaces", namespace).await;
    assert_eq!(made["spec"]["finalizers"], json!(["kubernetes"]));
    let mut going = admin.ok("DELETE", "/api/v1/namespaces/n", Value::Null).await;
    assert_eq!(going["status"]["phase"], "Terminating");
    let (code, refusal) = admin.call("POST", "/api/v1/namespaces/n/configmaps", &config_map("a", "1")).await;
    assert_eq!(code.as_u16(), 403);
    let said = refusal["message"].as_str().unwrap();
    assert!(said.contains("unable to create new content in namespace n because it is being terminated"), "{said}");
    let cause = json!({"reason": "NamespaceTerminating", "message": "namespace n is being terminated",
        "field": "metadata.namespace"});
    assert_eq!(refusal["details"]["causes"], json!([cause]));
    for (finalizers, code) in
        [(json!("none"), 400), (json!([5]), 400), (json!(["made up"]), 422), (json!(["odd"]), 422)]
    {
        going["spec"]["finalizers"] = finalizers;
        admin.refused(code, "PUT", "/api/v1/namespaces/n/finalize", going.clone()).await;
    }
    for body in [json!([]), json!({"kind": "Pod"}), json!({"metadata": {"name": "other"}})] {
        admin.refused(400, "PUT", "/api/v1/namespaces/n/finalize", body).await;
    }
    assert_eq!(admin.ok("GET", "/api/v1/namespaces/n", Value::Null).await["spec"]["finalizers"], json!(["kubernetes"]));
    going["spec"]["finalizers"] = json!([]);
    admin.ok("PUT", "/api/v1/namespaces/n/finalize", going).await;
    admin.refused(404, "GET", "/api/v1/namespaces/n", Value::Null).await;
    let said = admin.refused(403, "DELETE", "/api/v1/namespaces/default", Value::Null).await;
    assert!(said.contains("this namespace may not be deleted"), "{said}");
}
