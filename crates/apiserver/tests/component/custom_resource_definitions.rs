//! Kinds that users define.

use crate::support::{Caller, read};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;
use store::MemoryStore;

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WHALES: &str = "/apis/sea.example.com/v1/namespaces/default/whales";

fn definition(plural: &str, kind: &str) -> Value {
    let schema = |extra: Value| {
        let mut spec = json!({"size": {"type": "integer", "minimum": 1}, "color": {"type": "string"}});
        spec.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({"openAPIV3Schema": {"type": "object", "properties": {
            "spec": {"type": "object", "required": ["size"], "properties": spec},
            "status": {"type": "object", "properties": {"size": {"type": "integer"}}},
        }}})
    };
    let parts =
        json!({"status": {}, "scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}});
    let columns = json!([{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}]);
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": format!("{plural}.sea.example.com")}, "spec": {
        "group": "sea.example.com", "scope": "Namespaced", "names": {"plural": plural, "kind": kind, "shortNames": [format!("{plural}x")]},
        "versions": [
            {"name": "v1", "served": true, "storage": true, "schema": schema(json!({})), "subresources": parts,
                "additionalPrinterColumns": columns, "selectableFields": [{"jsonPath": ".spec.color"}]},
            {"name": "v2", "served": true, "storage": false, "schema": schema(json!({"age": {"type": "integer", "default": 7}}))},
        ]}})
}

fn whale(name: &str, size: i64) -> Value {
    json!({"apiVersion": "sea.example.com/v1", "kind": "Whale", "metadata": {"name": name}, "spec": {"size": size}})
}

/// Waits until a definition says that its kinds are served, or why not.
async fn looked_at(admin: &Caller, name: &str) -> Value {
    let path = format!("{DEFINITIONS}?watch=true&fieldSelector=metadata.name%3D{name}");
    let mut watch = admin.send("GET", &path, &[], "").await.into_body();
    while let Some(frame) = watch.frame().await {
        for line in frame.unwrap().into_data().unwrap().split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let event: Value = serde_json::from_slice(line).unwrap();
            if event["object"]["status"]["conditions"].is_array() {
                return event["object"].clone();
            }
        }
    }
    panic!("the watch ended");
}

fn condition(definition: &Value, name: &str) -> String {
    let conditions = definition["status"]["conditions"].as_array().unwrap();
    let found = conditions.iter().find(|condition| condition["type"] == name).unwrap();
    format!("{} {}", found["status"].as_str().unwrap(), found["reason"].as_str().unwrap())
}

#[tokio::test]
async fn a_kind_is_served_as_soon_as_it_is_established() {
    let admin = Caller::admin().await;
    let made = admin.ok("POST", DEFINITIONS, definition("whales", "Whale")).await;
    assert_eq!(made["spec"]["names"]["listKind"], "WhaleList");
    assert_eq!(made["status"]["storedVersions"], json!(["v1"]));
    let established = looked_at(&admin, "whales.sea.example.com").await;
    assert_eq!(condition(&established, "Established"), "True InitialNamesAccepted");
    assert_eq!(condition(&established, "NamesAccepted"), "True NoConflicts");

    let groups = admin.ok("GET", "/apis", Value::Null).await;
    let group = groups["groups"].as_array().unwrap().iter().find(|group| group["name"] == "sea.example.com").unwrap();
    assert_eq!(group["preferredVersion"]["version"], "v2");
    let document = admin.ok("GET", "/openapi/v3/apis/sea.example.com/v1", Value::Null).await;
    assert!(document["components"]["schemas"]["com.example.sea.v1.Whale"]["properties"]["spec"].is_object());

    let whale_made = admin.ok("POST", WHALES, whale("a", 3)).await;
    assert_eq!(whale_made["metadata"]["generation"], 1);
    let fault = admin.refused(422, "POST", WHALES, whale("b", 0)).await;
    assert_eq!(
        fault,
        "Whale.sea.example.com \"b\" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or \
         equal to 1"
    );
    let mut blue = whale("blue", 9);
    blue["spec"]["color"] = "blue".into();
    admin.ok("POST", WHALES, blue).await;
    let found = admin.ok("GET", &format!("{WHALES}?fieldSelector=spec.color%3Dblue"), Value::Null).await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);

    // Another version shows what it has a default for, also of what was stored before.
    let second = admin.ok("GET", &format!("{}/a", WHALES.replace("v1", "v2")), Value::Null).await;
    assert_eq!((&second["apiVersion"], &second["spec"]["age"]), (&json!("sea.example.com/v2"), &json!(7)));
    let list = admin.ok("GET", &WHALES.replace("v1", "v2"), Value::Null).await;
    assert_eq!((&list["kind"], &list["items"][0]["spec"]["age"]), (&json!("WhaleList"), &json!(7)));

    let scale = admin.ok("GET", &format!("{WHALES}/a/scale"), Value::Null).await;
    assert_eq!(scale["spec"]["replicas"], 3);
    let patched = admin.ok("PATCH", &format!("{WHALES}/a/scale"), json!({"spec": {"replicas": 5}})).await;
    assert_eq!(patched["spec"]["replicas"], 5);
    let written = admin.ok("PATCH", &format!("{WHALES}/a/status"), json!({"status": {"size": 2}})).await;
    assert_eq!((&written["status"]["size"], &written["metadata"]["generation"]), (&json!(2), &json!(2)));
}

#[tokio::test]
async fn names_that_another_has_are_refused_until_it_goes() {
    let admin = Caller::admin().await;
    admin.ok("POST", DEFINITIONS, definition("whales", "Whale")).await;
    looked_at(&admin, "whales.sea.example.com").await;
    admin.ok("POST", DEFINITIONS, definition("orcas", "Whale")).await;
    let refused = looked_at(&admin, "orcas.sea.example.com").await;
    assert_eq!(condition(&refused, "NamesAccepted"), "False ListKindConflict");
    assert_eq!(condition(&refused, "Established"), "False NotAccepted");
    admin.refused(404, "GET", "/apis/sea.example.com/v1/orcas", Value::Null).await;
    admin.ok("DELETE", &format!("{DEFINITIONS}/whales.sea.example.com"), Value::Null).await;
    loop {
        let now = admin.ok("GET", &format!("{DEFINITIONS}/orcas.sea.example.com"), Value::Null).await;
        if condition(&now, "Established") == "True InitialNamesAccepted" {
            break;
        }
        tokio::task::yield_now().await;
    }
    admin.ok("GET", "/apis/sea.example.com/v1/orcas", Value::Null).await;
}

#[tokio::test]
async fn a_definition_goes_after_its_objects_and_ends_their_watches() {
    let admin = Caller::admin().await;
    admin.ok("POST", DEFINITIONS, definition("whales", "Whale")).await;
    looked_at(&admin, "whales.sea.example.com").await;
    admin.ok("POST", WHALES, whale("free", 3)).await;
    let mut held = whale("held", 3);
    held["metadata"]["finalizers"] = json!(["example.com/wait"]);
    admin.ok("POST", WHALES, held).await;
    let mut watch = admin.send("GET", &format!("{WHALES}?watch=true"), &[], "").await.into_body();

    let path = format!("{DEFINITIONS}/whales.sea.example.com");
    admin.ok("DELETE", &path, Value::Null).await;
    let going = admin.ok("GET", &path, Value::Null).await;
    assert_eq!(going["metadata"]["finalizers"], json!(["customresourcecleanup.apiextensions.k8s.io"]));
    assert_eq!(condition(&going, "Terminating"), "True InstanceDeletionPending");
    loop {
        let left = admin.ok("GET", WHALES, Value::Null).await;
        if left["items"].as_array().unwrap().len() == 1 {
            break;
        }
        tokio::task::yield_now().await;
    }
    admin.refused(405, "POST", WHALES, whale("late", 1)).await;
    admin.ok("PATCH", &format!("{WHALES}/held"), json!({"metadata": {"finalizers": null}})).await;
    while read(admin.send("GET", WHALES, &[], "").await).await.0 != 404 {
        tokio::task::yield_now().await;
    }
    // The watch ends when there is nothing more to be watched.
    while watch.frame().await.is_some() {}
    admin.refused(404, "GET", &path, Value::Null).await;
}

#[tokio::test]
async fn what_was_defined_is_served_again_after_a_restart() {
    let store = Arc::new(MemoryStore::new());
    let admin = Caller::admin_over(Arc::<MemoryStore>::clone(&store)).await;
    admin.ok("POST", DEFINITIONS, definition("whales", "Whale")).await;
    looked_at(&admin, "whales.sea.example.com").await;
    admin.ok("POST", WHALES, whale("a", 3)).await;
    drop(admin);
    let again = Caller::admin_over(store).await;
    assert_eq!(again.ok("GET", &format!("{WHALES}/a"), Value::Null).await["spec"]["size"], 3);
}

#[tokio::test]
async fn a_definition_that_is_wrong_is_refused() {
    let admin = Caller::admin().await;
    let mut bad = definition("whales", "Whale");
    bad["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["size"] = json!({});
    let fault = admin.refused(422, "POST", DEFINITIONS, bad).await;
    let expected = "spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[size].type: Required value: must \
                    not be empty for specified object fields";
    assert!(fault.contains(expected), "{fault}");
}

#[tokio::test]
async fn objects_hold_to_the_rules_of_their_kind() {
    let admin = Caller::admin().await;
    let mut ruled = definition("whales", "Whale");
    let expressions = json!([
        {"rule": "self.size <= 10", "messageExpression": "'%d is too much'.format([self.size])"},
        {"rule": "self.size >= oldSelf.size", "message": "whales do not shrink", "reason": "FieldValueForbidden", "fieldPath": ".size"},
    ]);
    for version in [0, 1] {
        let schema = &mut ruled["spec"]["versions"][version]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        schema["x-kubernetes-validations"] = expressions.clone();
    }
    let mut bad = ruled.clone();
    bad["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["x-kubernetes-validations"][0] =
        json!({"rule": "self.weight > 1"});
    let fault = admin.refused(422, "POST", DEFINITIONS, bad).await;
    assert!(fault.contains("undefined field 'weight'"), "{fault}");

    let stored = admin.ok("POST", DEFINITIONS, ruled).await;
    let kept = &stored["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
    assert_eq!(kept["x-kubernetes-validations"], expressions);
    looked_at(&admin, "whales.sea.example.com").await;
    admin.ok("POST", WHALES, whale("a", 3)).await;
    let fault = admin.refused(422, "POST", WHALES, whale("b", 11)).await;
    assert_eq!(fault, "Whale.sea.example.com \"b\" is invalid: spec: Invalid value: 11 is too much");
    let fault = admin.refused(422, "PATCH", &format!("{WHALES}/a"), json!({"spec": {"size": 2}})).await;
    assert_eq!(fault, "Whale.sea.example.com \"a\" is invalid: spec.size: Forbidden: whales do not shrink");
    admin.ok("PATCH", &format!("{WHALES}/a"), json!({"spec": {"size": 4}})).await;
}

/// Defines a kind that differs from [`definition`], and waits until it is served.
async fn define(admin: &Caller, change: impl FnOnce(&mut Value)) -> Value {
    let mut wanted = definition("whales", "Whale");
    change(&mut wanted);
    admin.ok("POST", DEFINITIONS, wanted).await;
    looked_at(admin, "whales.sea.example.com").await
}

/// Changes the definition, and waits until its kinds are those of the new generation.
async fn redefine(admin: &Caller, change: impl FnOnce(&mut Value)) {
    let path = format!("{DEFINITIONS}/whales.sea.example.com");
    let mut watch = admin.send("GET", &format!("{WHALES}?watch=true"), &[], "").await.into_body();
    let mut now = admin.ok("GET", &path, Value::Null).await;
    change(&mut now);
    admin.ok("PUT", &path, now).await;
    while watch.frame().await.is_some() {}
}

#[tokio::test]
async fn a_status_is_not_there_until_somebody_writes_it() {
    let admin = Caller::admin().await;
    let status = json!({"type": "object", "required": ["size"], "properties": {"size": {"type": "integer"}}});
    define(&admin, |wanted| {
        wanted["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"] = status;
    })
    .await;
    let mut with_status = whale("a", 3);
    with_status["status"] = json!({"size": 9});
    let made = admin.ok("POST", WHALES, with_status).await;
    assert_eq!(made.get("status"), None);
}

#[tokio::test]
async fn each_version_is_judged_by_its_own_schema() {
    let admin = Caller::admin().await;
    define(&admin, |wanted| {
        wanted["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["size"]["maximum"] = 10.into();
        wanted["spec"]["versions"][1]["schema"]["openAPIV3Schema"]["properties"]["spec"]["required"] = json!(["color"]);
        wanted["spec"]["versions"][0]["storage"] = false.into();
        wanted["spec"]["versions"][1]["storage"] = true.into();
    })
    .await;
    admin.refused(422, "POST", WHALES, whale("a", 20)).await;
    let made = admin.ok("POST", WHALES, whale("a", 5)).await;
    assert_eq!((&made["apiVersion"], made["spec"].get("age")), (&json!("sea.example.com/v1"), None));
    assert_eq!(made["metadata"]["managedFields"][0]["apiVersion"], "sea.example.com/v1");
    let mut second = whale("b", 20);
    second["apiVersion"] = "sea.example.com/v2".into();
    admin.refused(422, "POST", &WHALES.replace("v1", "v2"), second).await;
}

#[tokio::test]
async fn null_says_nothing_and_an_update_says_which_state_it_means() {
    let admin = Caller::admin().await;
    define(&admin, |_| {}).await;
    let mut empty = whale("a", 3);
    empty["spec"]["color"] = Value::Null;
    let made = admin.ok("POST", WHALES, empty).await;
    assert_eq!(made["spec"], json!({"size": 3}));
    let fault = admin.refused(422, "PUT", &format!("{WHALES}/a"), whale("a", 4)).await;
    assert!(fault.ends_with("metadata.resourceVersion: Invalid value: 0: must be specified for an update"), "{fault}");
}

#[tokio::test]
async fn objects_are_seen_through_the_schema_of_today() {
    let admin = Caller::admin().await;
    define(&admin, |_| {}).await;
    let mut made = whale("a", 3);
    made["spec"]["color"] = "blue".into();
    admin.ok("POST", WHALES, made).await;
    redefine(&admin, |definition| {
        let spec =
            &mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"];
        spec["mode"] = json!({"type": "string", "default": "fast"});
        spec.as_object_mut().unwrap().remove("color");
        definition["spec"]["versions"][0].as_object_mut().unwrap().remove("selectableFields");
    })
    .await;
    let path = format!("{WHALES}/a");
    assert_eq!(admin.ok("GET", &path, Value::Null).await["spec"], json!({"size": 3, "mode": "fast"}));
    let label = json!({"metadata": {"labels": {"a": "b"}}});
    let patched = admin.ok("PATCH", &format!("{path}?fieldValidation=Strict"), label).await;
    assert_eq!(patched["metadata"]["generation"], 1);
    assert!(!patched["metadata"]["managedFields"].to_string().contains("f:mode"), "{patched}");
}

#[tokio::test]
async fn a_cleanup_ends_with_its_definition() {
    let admin = Caller::admin().await;
    define(&admin, |_| {}).await;
    let mut held = whale("held", 3);
    held["metadata"]["finalizers"] = json!(["example.com/wait"]);
    admin.ok("POST", WHALES, held).await;
    let path = format!("{DEFINITIONS}/whales.sea.example.com");
    admin.ok("DELETE", &path, Value::Null).await;
    admin.ok("PATCH", &path, json!({"metadata": {"finalizers": null}})).await;
    define(&admin, |_| {}).await;
    admin.ok("POST", WHALES, whale("new", 3)).await;
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    admin.ok("GET", &format!("{WHALES}/new"), Value::Null).await;
}

#[tokio::test]
async fn objects_of_versions_that_nobody_serves_go_with_their_definition() {
    let admin = Caller::admin().await;
    define(&admin, |_| {}).await;
    admin.ok("POST", WHALES, whale("a", 3)).await;
    redefine(&admin, |definition| {
        for version in definition["spec"]["versions"].as_array_mut().unwrap() {
            version["served"] = false.into();
        }
    })
    .await;
    let path = format!("{DEFINITIONS}/whales.sea.example.com");
    admin.ok("DELETE", &path, Value::Null).await;
    while read(admin.send("GET", &path, &[], "").await).await.0 != 404 {
        tokio::task::yield_now().await;
    }
    define(&admin, |_| {}).await;
    assert_eq!(admin.ok("GET", WHALES, Value::Null).await["items"], json!([]));
}

#[tokio::test]
async fn a_definition_cannot_take_a_built_in_kind() {
    let admin = Caller::admin().await;
    let mut wanted = definition("leases", "Lease2");
    wanted["metadata"] =
        json!({"name": "leases.coordination.k8s.io", "annotations": {"api-approved.kubernetes.io": "unapproved"}});
    wanted["spec"]["group"] = "coordination.k8s.io".into();
    wanted["spec"]["versions"][0]["name"] = "v9".into();
    admin.ok("POST", DEFINITIONS, wanted).await;
    let refused = looked_at(&admin, "leases.coordination.k8s.io").await;
    assert_eq!(condition(&refused, "NamesAccepted"), "False PluralConflict");
    admin.refused(404, "GET", "/apis/coordination.k8s.io/v9/leases", Value::Null).await;
    let lease = json!({"metadata": {"name": "a"}, "spec": {}});
    admin.ok("POST", "/apis/coordination.k8s.io/v1/namespaces/default/leases", lease).await;
    admin.ok("DELETE", &format!("{DEFINITIONS}/leases.coordination.k8s.io"), Value::Null).await;
    while read(admin.send("GET", &format!("{DEFINITIONS}/leases.coordination.k8s.io"), &[], "").await).await.0 != 404 {
        tokio::task::yield_now().await;
    }
    admin.ok("GET", "/apis/coordination.k8s.io/v1/namespaces/default/leases/a", Value::Null).await;
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused() {
    let admin = Caller::admin().await;
    define(&admin, |wanted| {
        let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        wanted["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"] = open;
        wanted["spec"]["versions"][0]["subresources"]["scale"]["specReplicasPath"] = ".spec.size.count".into();
        wanted["spec"]["versions"][0].as_object_mut().unwrap().remove("selectableFields");
    })
    .await;
    admin.ok("POST", WHALES, whale("a", 3)).await;
    admin.refused(500, "PATCH", &format!("{WHALES}/a/scale"), json!({"spec": {"replicas": 5}})).await;
    let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!({"x": inner}));
    admin.ok("PATCH", &format!("{WHALES}/a"), json!([{"op": "add", "path": "/spec/x", "value": nested(60)}])).await;
    let place = format!("/spec/x{}", "/x".repeat(59));
    let deeper = json!([{"op": "add", "path": format!("{place}/x"), "value": nested(90)}]);
    let (code, _) = admin.call("PATCH", &format!("{WHALES}/a"), &deeper).await;
    assert!(code.is_client_error(), "{code}");
    admin.ok("GET", &format!("{WHALES}/a"), Value::Null).await;
}
