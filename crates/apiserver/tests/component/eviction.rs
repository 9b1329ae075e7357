//! `pods/eviction`: pods go if no budget needs them.

use crate::support::{Caller, PODS, pod};
use serde_json::{Value, json};

const BUDGETS: &str = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";

fn eviction(name: &str) -> Value {
    json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}})
}

/// A pod on a node, in this phase, ready or not.
async fn running(admin: &Caller, name: &str, ready: &str) {
    let mut object = pod(name);
    object["metadata"]["labels"] = json!({"app": "x"});
    object["spec"]["nodeName"] = "n1".into();
    admin.ok("POST", PODS, object).await;
    let status = json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]}});
    admin.ok("PATCH", &format!("{PODS}/{name}/status"), status).await;
}

async fn budget(admin: &Caller, name: &str, allowed: i64) {
    let budget = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "x"}}}});
    admin.ok("POST", BUDGETS, budget).await;
    let status = json!({"status": {"observedGeneration": 1, "disruptionsAllowed": allowed, "currentHealthy": 1,
        "desiredHealthy": 1, "expectedPods": 1}});
    admin.ok("PATCH", &format!("{BUDGETS}/{name}/status"), status).await;
}

#[tokio::test]
async fn without_a_budget_a_pod_goes_gracefully_and_says_why() {
    let admin = Caller::admin().await;
    running(&admin, "a", "True").await;
    let answer = admin.ok("POST", &format!("{PODS}/a/eviction"), eviction("a")).await;
    assert_eq!((&answer["kind"], &answer["status"]), (&json!("Status"), &json!("Success")));
    let going = admin.ok("GET", &format!("{PODS}/a"), Value::Null).await;
    assert_eq!(going["metadata"]["deletionGracePeriodSeconds"], 30);
    let conditions = going["status"]["conditions"].as_array().unwrap();
    let mark = conditions.iter().find(|condition| condition["type"] == "DisruptionTarget").unwrap();
    assert_eq!(mark["reason"], "EvictionByEvictionAPI");
}

#[tokio::test]
async fn a_budget_is_asked_and_charged() {
    let admin = Caller::admin().await;
    running(&admin, "a", "True").await;
    running(&admin, "b", "True").await;
    budget(&admin, "x", 1).await;
    let dry = format!("{PODS}/a/eviction?dryRun=All");
    admin.ok("POST", &dry, eviction("a")).await;
    assert_eq!(admin.ok("GET", &format!("{BUDGETS}/x"), Value::Null).await["status"]["disruptionsAllowed"], 1);
    for preconditions in [json!({"uid": "other"}), json!({"resourceVersion": "1"})] {
        let mut other = eviction("a");
        other["deleteOptions"] = json!({ "preconditions": preconditions });
        admin.refused(409, "POST", &format!("{PODS}/a/eviction"), other).await;
    }
    assert_eq!(admin.ok("GET", &format!("{BUDGETS}/x"), Value::Null).await["status"]["disruptionsAllowed"], 1);
    admin.ok("POST", &format!("{PODS}/a/eviction"), eviction("a")).await;
    let charged = admin.ok("GET", &format!("{BUDGETS}/x"), Value::Null).await;
    assert_eq!(charged["status"]["disruptionsAllowed"], 0);
    assert!(charged["status"]["disruptedPods"]["a"].is_string());
    let (code, refusal) = admin.call("POST", &format!("{PODS}/b/eviction"), &eviction("b")).await;
    assert_eq!((code.as_u16(), &refusal["reason"]), (429, &json!("TooManyRequests")));
    assert_eq!(refusal["message"], "Cannot evict pod as it would violate the pod's disruption budget.");
    assert_eq!(refusal["details"]["causes"][0]["reason"], "DisruptionBudget");
    let spared = admin.ok("GET", &format!("{PODS}/b"), Value::Null).await;
    assert!(spared["metadata"]["deletionTimestamp"].is_null());
}

#[tokio::test]
async fn who_does_not_count_may_go() {
    let admin = Caller::admin().await;
    budget(&admin, "x", 0).await;
    running(&admin, "sick", "False").await;
    admin.ok("POST", &format!("{PODS}/sick/eviction"), eviction("sick")).await;
    let mut waiting = pod("waiting");
    waiting["metadata"]["labels"] = json!({"app": "x"});
    admin.ok("POST", PODS, waiting).await;
    admin.ok("POST", &format!("{PODS}/waiting/eviction"), eviction("waiting")).await;
    admin.refused(404, "GET", &format!("{PODS}/waiting"), Value::Null).await;
}

#[tokio::test]
async fn evictions_that_cannot_be_are_refused() {
    let admin = Caller::admin().await;
    running(&admin, "a", "True").await;
    let path = format!("{PODS}/a/eviction");
    let said = admin.refused(400, "POST", &path, eviction("b")).await;
    assert_eq!(said, "name in URL does not match name in Eviction object");
    let mut other = eviction("a");
    other["deleteOptions"] = json!({"preconditions": {"uid": "other"}});
    admin.refused(409, "POST", &path, other).await;
    budget(&admin, "x", 1).await;
    budget(&admin, "y", 1).await;
    let said = admin.refused(500, "POST", &path, eviction("a")).await;
    assert!(said.starts_with("This pod has more than one PodDisruptionBudget"), "{said}");
    admin.refused(404, "POST", &format!("{PODS}/nosuch/eviction"), eviction("nosuch")).await;
}
