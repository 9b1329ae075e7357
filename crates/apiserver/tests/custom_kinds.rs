//! A kind that comes at run time and goes again, as kinds of custom resources do.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use api::{
    behaviour::{Behaviour, StatusBehaviour},
    json_path::JsonPath,
    kind::{Kind, KindDefinition},
    kinds::{self, subresource},
    selectable::SelectableField,
    table::{PathColumn, Printer},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::borrow::Cow::{Borrowed, Owned};
use support::{Caller, read};

const WHALES: &str = "/apis/example.com/v1/namespaces/default/whales";

fn whale() -> Kind {
    let column = PathColumn {
        name: "Size".into(),
        r#type: "integer".into(),
        format: String::new(),
        description: "How long it is, in metres.".into(),
        priority: 0,
        path: JsonPath::parse(".spec.size").unwrap(),
    };
    let behaviour = Behaviour {
        is_new_generation: Some(api::strategy::is_desired_otherwise),
        status: StatusBehaviour::PLAIN,
        printer: Printer::Paths(vec![column]),
        selectable: Some(Owned(vec![SelectableField::at("spec.color")])),
        ..Behaviour::PLAIN
    };
    let schema = json!({"type": "object", "properties": {
        "spec": {"type": "object", "required": ["size"], "properties": {
            "size": {"type": "integer", "minimum": 1},
            "color": {"type": "string", "default": "grey"},
        }},
        "status": {"type": "object", "properties": {"pod": {"type": "string"}}},
    }});
    Kind::shared(KindDefinition {
        group: Owned("example.com".into()),
        version: Owned("v1".into()),
        kind: Owned("Whale".into()),
        list_kind: Some(Owned("WhalePod".into())),
        plural: Owned("whales".into()),
        singular: Some(Owned("whale".into())),
        short_names: Owned(vec![Owned("wh".into())]),
        categories: Borrowed(&[]),
        namespaced: true,
        verbs: kinds::POD.verbs,
        subresources: Owned(vec![subresource::STATUS]),
        storage: None,
        schema: Some(serde_json::from_value(schema).unwrap()),
        behaviour: Owned(behaviour),
    })
}

fn wild(name: &str, size: i64, color: &str) -> Value {
    let spec = json!({"size": size, "color": color});
    json!({"apiVersion": "example.com/v1", "kind": "Whale", "metadata": {"name": name}, "spec": spec})
}

async fn names(admin: &Caller, query: &str) -> Vec<String> {
    let list = admin.ok("GET", &format!("{WHALES}?{query}"), Value::Null).await;
    assert_eq!(list["kind"], "WhalePod", "a list is called as its kind says");
    let name = |item: &Value| item["metadata"]["name"].as_str().unwrap().to_owned();
    list["items"].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test]
async fn a_kind_comes_at_run_time_and_goes_again() {
    let admin = Caller::admin().await;
    admin.refused(404, "POST", WHALES, wild("a", 8, "grey")).await;
    let kind = whale();
    admin.server().change_catalog(|catalog| catalog.with([kind.clone()]));

    let made = admin.ok("POST", WHALES, wild("a", 8, "grey")).await;
    assert_eq!((&made["metadata"]["generation"], &made["status"]), (&json!(1), &json!({})));
    admin.ok("POST", WHALES, wild("b", 30, "blue")).await;
    let small =
        json!({"apiVersion": "example.com/v1", "kind": "Whale", "metadata": {"name": "c"}, "spec": {"fins": 2}});
    let fault = admin.refused(422, "POST", WHALES, small.clone()).await;
    assert_eq!(fault, "Whale.example.com \"c\" is invalid: spec.size: Required value");
    let fault = admin.refused(400, "POST", &format!("{WHALES}?fieldValidation=Strict"), small).await;
    assert!(fault.ends_with("strict decoding error: unknown field \"spec.fins\""), "{fault}");
    let mut plain = wild("c", 1, "");
    plain["spec"].as_object_mut().unwrap().remove("color");
    let plain = admin.ok("POST", &format!("{WHALES}?dryRun=All"), plain).await;
    assert_eq!(plain["spec"]["color"], "grey");
    let patched = admin.ok("PATCH", &format!("{WHALES}/a"), json!({"spec": {"size": 9}})).await;
    assert_eq!((&patched["metadata"]["generation"], &patched["spec"]["size"]), (&json!(2), &json!(9)));
    let status = json!({"spec": {"size": 1}, "status": {"pod": "b"}});
    let written = admin.ok("PATCH", &format!("{WHALES}/a/status"), status).await;
    assert_eq!((&written["spec"]["size"], &written["status"]["pod"]), (&json!(9), &json!("b")));

    assert_eq!(names(&admin, "").await, ["a", "b"]);
    assert_eq!(names(&admin, "fieldSelector=spec.color%3Dblue").await, ["b"]);
    admin.refused(400, "GET", &format!("{WHALES}?fieldSelector=spec.size%3D9"), Value::Null).await;
    let accept = [("accept", "application/json;as=Table;g=meta.k8s.io;v=v1")];
    let (_, table) = read(admin.send("GET", WHALES, &accept, "").await).await;
    assert_eq!(table["columnDefinitions"][1]["name"], "Size");
    assert_eq!((&table["rows"][0]["cells"], &table["rows"][1]["cells"]), (&json!(["a", 9]), &json!(["b", 30])));

    let mut watch = admin.send("GET", &format!("{WHALES}?watch=true"), &[], "").await.into_body();
    let first = watch.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(first.starts_with(b"{\"type\":\"ADDED\""), "{first:?}");

    let resources = admin.ok("GET", "/apis/example.com/v1", Value::Null).await;
    let listed: Vec<_> = resources["resources"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(listed, ["whales", "whales/status"]);
    assert_eq!(resources["resources"][0]["shortNames"], json!(["wh"]));
    let document = admin.ok("GET", "/openapi/v3/apis/example.com/v1", Value::Null).await;
    assert!(document["paths"][WHALES.replace("default", "{namespace}")]["post"].is_object());

    admin.ok("DELETE", &format!("{WHALES}/a"), Value::Null).await;
    assert_eq!(names(&admin, "").await, ["b"]);
    admin.server().change_catalog(|catalog| catalog.without(&[kind]));
    admin.refused(404, "GET", WHALES, Value::Null).await;
    admin.refused(404, "GET", "/apis/example.com/v1", Value::Null).await;
}
