//! Server-side apply, and who is noted as the manager of which field.

use crate::support::{CONFIG_MAPS, Caller, config_map, read};
use http::StatusCode;
use serde_json::{Value, json};

const APPLY: [(&str, &str); 1] = [("content-type", "application/apply-patch+yaml")];

async fn apply(admin: &Caller, query: &str, data: &Value) -> (StatusCode, Value) {
    let wanted = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": data}).to_string();
    read(admin.send("PATCH", &format!("{CONFIG_MAPS}/a?{query}"), &APPLY, &wanted).await).await
}

fn managers(object: &Value) -> Vec<(&str, &str)> {
    let entries = object["metadata"]["managedFields"].as_array().unwrap();
    entries.iter().map(|entry| (entry["manager"].as_str().unwrap(), entry["operation"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn apply_creates_and_then_changes() {
    let admin = Caller::admin().await;
    let (code, made) = apply(&admin, "fieldManager=one", &json!({"x": "1", "y": "1"})).await;
    assert_eq!((code.as_u16(), managers(&made)), (201, vec![("one", "Apply")]));
    let (code, changed) = apply(&admin, "fieldManager=one", &json!({"x": "2"})).await;
    assert_eq!((code.as_u16(), &changed["data"]), (200, &json!({"x": "2"})), "what is no longer wanted goes");
    let (_, same) = apply(&admin, "fieldManager=one", &json!({"x": "2"})).await;
    assert_eq!(same["metadata"]["resourceVersion"], changed["metadata"]["resourceVersion"]);
}

#[tokio::test]
async fn another_managers_field_is_a_conflict_unless_forced() {
    let admin = Caller::admin().await;
    apply(&admin, "fieldManager=one", &json!({"x": "1"})).await;
    let (code, refusal) = apply(&admin, "fieldManager=two", &json!({"x": "2"})).await;
    assert_eq!(code.as_u16(), 409, "{refusal}");
    assert!(refusal["message"].as_str().unwrap().contains("conflict with \"one\": .data.x"), "{refusal}");
    let (code, taken) = apply(&admin, "fieldManager=two&force=true", &json!({"x": "2"})).await;
    assert_eq!((code.as_u16(), &taken["data"]["x"]), (200, &json!("2")));
    let (code, shared) = apply(&admin, "fieldManager=three", &json!({"y": "3"})).await;
    assert_eq!((code.as_u16(), &shared["data"]), (200, &json!({"x": "2", "y": "3"})));
}

#[tokio::test]
async fn other_writes_are_noted_too() {
    let admin = Caller::admin().await;
    let agent = [("user-agent", "tool/v1 (linux)"), ("content-type", "application/json")];
    let (_, made) = read(admin.send("POST", CONFIG_MAPS, &agent, &config_map("a", "1").to_string()).await).await;
    assert_eq!(managers(&made), [("tool", "Update")]);
    assert_eq!(made["metadata"]["managedFields"][0]["fieldsV1"], json!({"f:data": {".": {}, "f:key": {}}}));
}

#[tokio::test]
async fn apply_wants_a_manager() {
    let admin = Caller::admin().await;
    let (code, refusal) = apply(&admin, "", &json!({})).await;
    let message = "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch";
    assert_eq!((code.as_u16(), &refusal["message"]), (422, &json!(message)));
}
