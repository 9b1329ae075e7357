//! `…/scale`: how many replicas a workload has and shall have.

use crate::support::{Caller, read};
use serde_json::{Value, json};

const APPS: &str = "/apis/apps/v1/namespaces/default";

fn workload(kind: &str, api_version: &str) -> Value {
    let labels = json!({"app": "x"});
    let template = json!({"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "busybox"}]}});
    let selector = if kind == "ReplicationController" { labels.clone() } else { json!({ "matchLabels": labels }) };
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "w"},
        "spec": {"replicas": 3, "selector": selector, "template": template, "serviceName": "s"}})
}

async fn made(admin: &Caller, kind: &str, api_version: &str, collection: &str) -> String {
    let mut object = workload(kind, api_version);
    if kind != "StatefulSet" {
        object["spec"].as_object_mut().unwrap().remove("serviceName");
    }
    admin.ok("POST", collection, object).await;
    format!("{collection}/w")
}

#[tokio::test]
async fn every_workload_with_replicas_scales() {
    let admin = Caller::admin().await;
    for (kind, api_version, collection) in [
        ("Deployment", "apps/v1", format!("{APPS}/deployments")),
        ("ReplicaSet", "apps/v1", format!("{APPS}/replicasets")),
        ("StatefulSet", "apps/v1", format!("{APPS}/statefulsets")),
        ("ReplicationController", "v1", "/api/v1/namespaces/default/replicationcontrollers".to_owned()),
    ] {
        let path = made(&admin, kind, api_version, &collection).await;
        let scale = format!("{path}/scale");
        let mut got = admin.ok("GET", &scale, Value::Null).await;
        assert_eq!((&got["kind"], &got["apiVersion"]), (&json!("Scale"), &json!("autoscaling/v1")));
        assert_eq!((&got["spec"]["replicas"], &got["status"]["selector"]), (&json!(3), &json!("app=x")), "{kind}");
        got["spec"]["replicas"] = json!(5);
        let put = admin.ok("PUT", &scale, got.clone()).await;
        assert_eq!(put["spec"]["replicas"], 5);
        let object = admin.ok("GET", &path, Value::Null).await;
        assert_eq!(object["spec"]["replicas"], 5);
        assert_eq!(object["metadata"]["resourceVersion"], put["metadata"]["resourceVersion"]);
        let said = admin.refused(409, "PUT", &scale, got).await;
        assert!(said.contains("the object has been modified"), "{said}");
        assert_eq!(admin.ok("PATCH", &scale, json!({"spec": {"replicas": 1}})).await["spec"]["replicas"], 1);
        admin.refused(422, "PATCH", &scale, json!({"spec": {"replicas": -1}})).await;
        admin.refused(404, "GET", &format!("{collection}/nosuch/scale"), Value::Null).await;
    }
}

#[tokio::test]
async fn a_scale_has_columns_of_its_own() {
    let admin = Caller::admin().await;
    let path = made(&admin, "Deployment", "apps/v1", &format!("{APPS}/deployments")).await;
    let accept = [("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")];
    let (_, table) = read(admin.send("GET", &format!("{path}/scale"), &accept, "").await).await;
    let columns: Vec<_> = table["columnDefinitions"].as_array().unwrap().iter().map(|column| &column["name"]).collect();
    assert_eq!(columns, ["Name", "Desired", "Available", "Age"]);
    assert_eq!(table["rows"][0]["cells"].as_array().unwrap()[..3], [json!("w"), json!(3), json!(0)]);
}

#[tokio::test]
async fn who_scales_owns_the_replicas() {
    let admin = Caller::admin().await;
    let path = made(&admin, "Deployment", "apps/v1", &format!("{APPS}/deployments")).await;
    let wanted =
        json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "w"}, "spec": {"replicas": 7}});
    let headers = [("content-type", "application/apply-patch+yaml")];
    let scale = format!("{path}/scale?fieldManager=scaler&force=true");
    let (code, applied) = read(admin.send("PATCH", &scale, &headers, &wanted.to_string()).await).await;
    assert_eq!((code.as_u16(), &applied["spec"]["replicas"]), (200, &json!(7)), "{applied}");
    let object = admin.ok("GET", &path, Value::Null).await;
    let entries = object["metadata"]["managedFields"].as_array().unwrap();
    let entry = entries.iter().find(|entry| entry["manager"] == "scaler").unwrap();
    assert_eq!((&entry["subresource"], &entry["operation"]), (&json!("scale"), &json!("Apply")));
    assert_eq!(entry["fieldsV1"], json!({"f:spec": {"f:replicas": {}}}));
    let missing = format!("{APPS}/deployments/nosuch/scale?fieldManager=scaler");
    let other = wanted.to_string().replace("\"w\"", "\"nosuch\"");
    assert_eq!(read(admin.send("PATCH", &missing, &headers, &other).await).await.0.as_u16(), 404);
}

#[tokio::test]
async fn discovery_and_openapi_show_what_is_served() {
    let admin = Caller::admin().await;
    let list = admin.ok("GET", "/apis/apps/v1", Value::Null).await;
    let find = |name: &str| list["resources"].as_array().unwrap().iter().find(|one| one["name"] == name).cloned();
    let scale = find("deployments/scale").unwrap();
    assert_eq!(
        (&scale["group"], &scale["kind"], &scale["verbs"]),
        (&json!("autoscaling"), &json!("Scale"), &json!(["get", "patch", "update"]))
    );
    let document = admin.ok("GET", "/openapi/v3/apis/apps/v1", Value::Null).await;
    assert!(document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"]["get"].is_object());
    let core = admin.ok("GET", "/openapi/v3/api/v1", Value::Null).await;
    let pod = "/api/v1/namespaces/{namespace}/pods/{name}";
    assert!(core["paths"][format!("{pod}/eviction")]["post"].is_object());
    assert!(core["paths"][format!("{pod}/resize")].is_null(), "what is not served is not shown");
}
