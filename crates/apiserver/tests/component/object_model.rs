//! What goes in and what comes out of the object model: empty values, the order of fields, strictness, what is refused
//! because it asks for too much.

use crate::support::{CONFIG_MAPS, Caller, PODS, config_map, pod, read};
use base64::{Engine, engine::general_purpose::STANDARD};
use http_body_util::BodyExt;
use serde_json::{Value, json};

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

fn deployment(name: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": {"app": name}}, "spec": {
        "replicas": 0,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "s", "image": "i"}]}},
    }})
}

async fn apply(admin: &Caller, query: &str, object: &Value) -> (u16, Value) {
    let path = format!("{DEPLOYMENTS}/{}?{query}", object["metadata"]["name"].as_str().unwrap());
    let headers = [("content-type", "application/apply-patch+yaml")];
    let (code, answer) = read(admin.send("PATCH", &path, &headers, &object.to_string()).await).await;
    (code.as_u16(), answer)
}

#[tokio::test]
async fn what_go_does_not_write_is_neither_stored_nor_a_change() {
    let admin = Caller::admin().await;
    let made = admin.ok("POST", CONFIG_MAPS, config_map("a", "1")).await;
    let path = format!("{CONFIG_MAPS}/a");
    for patch in [
        json!({"metadata": {"labels": {"zz": null}}}),
        json!({"metadata": {"finalizers": [], "ownerReferences": [], "annotations": {}}, "binaryData": {}}),
        json!([{"op": "add", "path": "/metadata/labels", "value": {}}]),
    ] {
        assert_eq!(admin.ok("PATCH", &path, patch.clone()).await, made, "{patch}");
    }
    let made = admin.ok("POST", DEPLOYMENTS, deployment("d")).await;
    let path = format!("{DEPLOYMENTS}/d");
    for patch in [
        json!({"spec": {"paused": false, "minReadySeconds": 0}}),
        json!({"spec": {"template": {"spec": {"volumes": [], "nodeSelector": {}, "hostNetwork": false}}}}),
        json!([{"op": "add", "path": "/spec/template/spec/tolerations", "value": []}]),
    ] {
        assert_eq!(admin.ok("PATCH", &path, patch.clone()).await, made, "{patch}");
    }
    let mut empty = pod("p");
    empty["metadata"]["ownerReferences"] = json!([]);
    empty["spec"]["volumes"] = json!([]);
    empty["spec"]["nodeSelector"] = json!({});
    empty["spec"]["containers"][0]["env"] = json!([]);
    let made = admin.ok("POST", PODS, empty).await;
    assert!(made["metadata"].get("ownerReferences").is_none() && made["spec"].get("nodeSelector").is_none(), "{made}");
    assert!(made["spec"]["containers"][0].get("env").is_none(), "{made}");
}

#[tokio::test]
async fn an_empty_value_of_a_pointer_counts() {
    let admin = Caller::admin().await;
    let mut object = pod("p");
    object["spec"]["volumes"] = json!([{"name": "v", "emptyDir": {}}]);
    let made = admin.ok("POST", PODS, object).await;
    assert_eq!(made["spec"]["volumes"][0], json!({"name": "v", "emptyDir": {}}));
    assert_eq!(made["spec"]["securityContext"], json!({}));
    let message =
        admin.refused(422, "PATCH", &format!("{PODS}/p"), json!({"spec": {"affinity": {"podAffinity": {}}}})).await;
    assert!(message.contains("pod updates may not change fields"), "{message}");
}

#[tokio::test]
async fn duplicate_keys_of_a_list_are_refused_in_what_is_applied() {
    let admin = Caller::admin().await;
    let ports = |ports: Value| {
        let mut object = deployment("d");
        object["metadata"]["namespace"] = "default".into();
        object["spec"]["template"]["spec"]["containers"][0]["ports"] = ports;
        object
    };
    let twice = ports(json!([{"containerPort": 93, "name": "p"}, {"containerPort": 93, "name": "q"}]));
    let fault = "failed to create typed patch object (default/d; apps/v1, Kind=Deployment): \
                 .spec.template.spec.containers[name=\"s\"].ports: duplicate entries for key \
                 [containerPort=93,protocol=\"TCP\"]";
    for query in ["fieldManager=me", "fieldManager=me&force=true"] {
        let (code, answer) = apply(&admin, query, &twice).await;
        assert_eq!((code, answer["message"].as_str().unwrap()), (500, fault));
    }
    admin.ok("POST", DEPLOYMENTS, twice).await;
    let (code, object) = apply(&admin, "fieldManager=me&force=true", &ports(json!([{"containerPort": 93}]))).await;
    assert_eq!(code, 200, "{object}");
    let left = &object["spec"]["template"]["spec"]["containers"][0]["ports"];
    assert_eq!(left, &json!([{"containerPort": 93, "protocol": "TCP"}]));

    let mut unknown = deployment("d");
    unknown["spec"]["foo"] = 1.into();
    for query in ["fieldManager=me", "fieldManager=me&fieldValidation=Ignore"] {
        let (code, answer) = apply(&admin, query, &unknown).await;
        assert_eq!(code, 500, "{answer}");
        assert!(answer["message"].as_str().unwrap().ends_with(".spec.foo: field not declared in schema"), "{answer}");
    }
}

#[tokio::test]
async fn what_defaults_added_goes_along_and_belongs_to_who_created() {
    let admin = Caller::admin().await;
    let strategy = |strategy: Value| {
        let mut object = deployment("d");
        object["spec"]["strategy"] = strategy;
        object
    };
    let rolling = strategy(json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}));
    let (_, object) = apply(&admin, "fieldManager=me", &rolling).await;
    assert_eq!(object["spec"]["strategy"]["rollingUpdate"], json!({"maxSurge": 1, "maxUnavailable": "25%"}));
    let (code, object) = apply(&admin, "fieldManager=me", &strategy(json!({"type": "Recreate"}))).await;
    assert_eq!((code, &object["spec"]["strategy"]), (200, &json!({"type": "Recreate"})), "{object}");

    let made = admin.ok("POST", &format!("{DEPLOYMENTS}?fieldManager=kubectl-create"), deployment("e")).await;
    let fields = &made["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"];
    assert_eq!(fields["f:progressDeadlineSeconds"], json!({}));
    assert_eq!(
        fields["f:strategy"],
        json!({"f:type": {}, "f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}}})
    );
    let container = &fields["f:template"]["f:spec"]["f:containers"]["k:{\"name\":\"s\"}"];
    assert_eq!((&container["."], &container["f:terminationMessagePath"]), (&json!({}), &json!({})));
    let mut other = deployment("e");
    other["spec"]["template"]["spec"]["containers"][0]["terminationMessagePath"] = "/dev/null".into();
    let (code, answer) = apply(&admin, "fieldManager=me", &other).await;
    assert_eq!(code, 409, "{answer}");
    assert!(answer["message"].as_str().unwrap().contains("conflict with \"kubectl-create\""), "{answer}");
}

#[tokio::test]
async fn faults_are_told_in_the_order_of_the_body() {
    let admin = Caller::admin().await;
    let body = deployment("d").to_string().replacen(
        "\"replicas\":0",
        "\"unknownField\":\"foo\",\"replicas\":2,\"replicas\":3",
        1,
    );
    let headers = [("content-type", "application/json")];
    let send = |query: &'static str| admin.send("POST", query, &headers, &body);
    let (code, answer) = read(send("/apis/apps/v1/namespaces/default/deployments?fieldValidation=Strict").await).await;
    let faults = "strict decoding error: unknown field \"spec.unknownField\", duplicate field \"spec.replicas\"";
    assert_eq!(code.as_u16(), 400);
    assert!(answer["message"].as_str().unwrap().ends_with(faults), "{answer}");
    let response = send(DEPLOYMENTS).await;
    let warnings: Vec<&str> =
        response.headers().get_all("warning").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(
        warnings,
        [r#"299 - "unknown field \"spec.unknownField\"""#, r#"299 - "duplicate field \"spec.replicas\"""#]
    );
}

#[tokio::test]
async fn fields_come_in_the_order_of_kubernetes() {
    let admin = Caller::admin().await;
    let mut made = admin.send("POST", PODS, &[("content-type", "application/json")], &pod("p").to_string()).await;
    let start = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","namespace":"default","uid":"#;
    for path in [PODS.to_owned() + "/p", PODS.to_owned()] {
        let body = made.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.starts_with(start), "{text}");
        made = admin.send("GET", &path, &[], "").await;
    }
    let body = made.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8(body.to_vec()).unwrap();
    assert!(text.starts_with(r#"{"kind":"PodList","apiVersion":"v1","metadata":{"#) && text.contains(start), "{text}");
}

#[tokio::test]
async fn component_statuses_can_be_listed() {
    let admin = Caller::admin().await;
    let list = admin.ok("GET", "/api/v1/componentstatuses", Value::Null).await;
    assert_eq!(list["kind"], "ComponentStatusList");
    assert!(list["items"].is_array());
}

#[tokio::test]
async fn a_newer_client_may_send_fields_of_its_own_in_protobuf() {
    let admin = Caller::admin().await;
    // A ConfigMap named "a", with a field of number 1000.
    let body = STANDARD.decode("azhzAAoPCgJ2MRIJQ29uZmlnTWFwEggKAwoBYcA+AQ==").unwrap();
    let (code, made) = read(
        admin.send_bytes("POST", CONFIG_MAPS, &[("content-type", "application/vnd.kubernetes.protobuf")], body).await,
    )
    .await;
    assert_eq!((code.as_u16(), &made["metadata"]["name"]), (201, &json!("a")), "{made}");
}

#[tokio::test]
async fn a_small_request_makes_no_large_work() {
    let admin = Caller::admin().await;
    admin.ok("POST", CONFIG_MAPS, config_map("a", &"x".repeat(1000))).await;
    let copies: Vec<Value> =
        (0..40).map(|number| json!({"op": "copy", "from": "/data", "path": format!("/data/{number}")})).collect();
    let path = format!("{CONFIG_MAPS}/a");
    admin.refused(422, "PATCH", &path, Value::Array(copies)).await;
    let tests = vec![json!({"op": "test", "path": "/kind", "value": "ConfigMap"}); 10_001];
    admin.refused(413, "PATCH", &path, Value::Array(tests)).await;
    let crowd = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b", "ownerReferences": vec![json!({}); 100_001]}});
    admin.refused(400, "POST", CONFIG_MAPS, crowd).await;
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    for media_type in ["application/json", "application/yaml"] {
        let (code, _) = read(admin.send("POST", CONFIG_MAPS, &[("content-type", media_type)], &deep).await).await;
        assert_eq!(code.as_u16(), 400);
    }
    let level = |level: usize| {
        let items = vec![format!("*a{}", level - 1); 9].join(", ");
        format!("a{level}: &a{level} [{items}]\n")
    };
    let bomb = "a0: &a0 [x, x]\n".to_owned() + &(1..12).map(level).collect::<String>();
    let (code, _) = read(admin.send("POST", CONFIG_MAPS, &[("content-type", "application/yaml")], &bomb).await).await;
    assert_eq!(code.as_u16(), 400);
}
