//! A kind that comes at run time and goes again, as kinds of custom resources do.

use crate::support::{Caller, read};
use api::kinds::{self, subresource};
use http_body_util::BodyExt;
use machinery::{
    behaviour::{Behaviour, StatusBehaviour},
    json_path::JsonPath,
    kind::{Kind, KindDefinition, Schema},
    schema::CustomSchema,
    selectable::SelectableField,
    table::{PathColumn, Printer},
};
use serde_json::{Value, json};
use std::borrow::Cow::{Borrowed, Owned};

const WHALES: &str = "/apis/example.com/v1/namespaces/default/whales";

fn whale() -> Kind {
    let column = PathColumn {
        name: "Size".into(),
        r#type: "integer".into(),
        format: String::new(),
        description: "How long it is, in metres.".into(),
        priority: 0,
        path: JsonPath::parse(".spec.size"),
    };
    let behaviour = Behaviour {
        is_new_generation: Some(machinery::strategy::is_desired_otherwise),
        status: StatusBehaviour::PLAIN,
        printer: Printer::Paths(vec![column]),
        selectable: Some(Owned(vec![SelectableField::at("spec.color")])),
        ..Behaviour::PLAIN
    };
    let schema = json!({"type": "object", "properties": {
        "spec": {"type": "object", "required": ["size"], "properties": {
            "size": {"type": "integer", "minimum": 1},
            "color": {"type": "string", "default": "grey"},
            "calves": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name", "sea"],
                "items": {"type": "object", "required": ["name"], "properties": {
                    "name": {"type": "string"}, "sea": {"type": "string", "default": "north"}, "age": {"type": "integer"}}}},
            "songs": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
            "route": {"type": "array", "items": {"type": "string"}},
            "notes": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
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
        schema: Schema::Custom(CustomSchema::new(&schema, &api::TABLES).unwrap().into()),
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
    assert_eq!((&made["metadata"]["generation"], made.get("status")), (&json!(1), None));
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

const APPLY: &str = "application/apply-patch+yaml";

#[tokio::test]
async fn objects_of_such_a_kind_are_applied_by_their_schema() {
    let admin = Caller::admin().await;
    admin.server().change_catalog(|catalog| catalog.with([whale()]));
    let apply = async |manager: &str, spec: Value| {
        let object = json!({"apiVersion": "example.com/v1", "kind": "Whale", "metadata": {"name": "a"}, "spec": spec});
        let path = format!("{WHALES}/a?fieldManager={manager}");
        let answer = admin.send("PATCH", &path, &[("content-type", APPLY)], &object.to_string()).await;
        let (code, body) = read(answer).await;
        (code.as_u16(), body)
    };
    let (code, made) = apply("one", json!({"size": 3, "calves": [{"name": "b", "age": 1}], "songs": ["x"]})).await;
    assert_eq!((code, &made["spec"]["color"]), (201, &json!("grey")), "{made}");
    let calf = r#"k:{"name":"b","sea":"north"}"#;
    let fields = &made["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"];
    assert_eq!(fields["f:calves"][calf], json!({".": {}, "f:age": {}, "f:name": {}}));
    assert_eq!(fields["f:songs"], json!({"v:\"x\"": {}}));

    // Another manager adds to lists of both sorts, and to a free object, without a conflict.
    let calves = json!([{"name": "b", "sea": "south"}]);
    let (code, both) = apply("two", json!({"calves": calves, "songs": ["y"], "notes": {"deep": {"a": 1}}})).await;
    assert_eq!(code, 200, "{both}");
    assert_eq!(both["spec"]["calves"].as_array().unwrap().len(), 2);
    assert_eq!(both["spec"]["songs"], json!(["x", "y"]));
    let (code, conflict) = apply("two", json!({"size": 4})).await;
    assert_eq!((code, &conflict["reason"]), (409, &json!("Conflict")));
    assert_eq!(conflict["details"]["causes"][0]["field"], ".spec.size");
    // What a manager leaves out goes.
    let (_, fewer) = apply("one", json!({"size": 3})).await;
    assert_eq!(fewer["spec"]["songs"], json!(["y"]));
    assert_eq!(fewer["spec"]["calves"], json!([{"name": "b", "sea": "south"}]));

    let (code, fault) = apply("one", json!({"size": 3, "fins": 2})).await;
    let expected = "failed to create typed patch object (default/a; example.com/v1, Kind=Whale): .spec.fins: field not declared \
                    in schema";
    assert_eq!((code, &fault["message"]), (500, &json!(expected)));
    let strategic = [("content-type", "application/strategic-merge-patch+json")];
    let (code, refused) = read(admin.send("PATCH", &format!("{WHALES}/a"), &strategic, "{}").await).await;
    assert_eq!(code, 415, "{refused}");
    let document = admin.ok("GET", "/openapi/v3/apis/example.com/v1", Value::Null).await;
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["com.example.v1.Whale"]["properties"]["spec"]["properties"]["size"]["type"], "integer");
    assert!(schemas["com.example.v1.WhalePod"]["properties"]["items"].is_object());
}
