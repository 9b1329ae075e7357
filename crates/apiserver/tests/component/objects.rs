//! Creating, reading, changing and deleting objects.

use crate::support::{CONFIG_MAPS, Caller, PODS, config_map, pod, read};
use serde_json::{Value, json};
use std::sync::Arc;
use store::{MemoryStore, Store, Write};

#[tokio::test]
async fn a_created_object_has_what_the_server_gives_it() {
    let admin = Caller::admin().await;
    let made = admin.ok("POST", PODS, pod("a")).await;
    for field in ["uid", "creationTimestamp", "resourceVersion"] {
        assert!(made["metadata"][field].is_string(), "{field}: {made}");
    }
    assert_eq!(made["metadata"]["namespace"], "default");
    assert_eq!(made["metadata"]["generation"], 1);
    assert_eq!(made["spec"]["restartPolicy"], "Always");
    assert_eq!(made["status"]["phase"], "Pending");
    assert_eq!(admin.ok("GET", &format!("{PODS}/a"), Value::Null).await, made);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_in_kubernetes_words() {
    let admin = Caller::admin().await;
    admin.ok("POST", CONFIG_MAPS, config_map("a", "1")).await;
    let named = |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
    for (code, method, path, body, message) in [
        (409, "POST", CONFIG_MAPS, config_map("a", "1"), "configmaps \"a\" already exists"),
        (404, "GET", "/api/v1/namespaces/default/configmaps/b", Value::Null, "configmaps \"b\" not found"),
        (
            404,
            "POST",
            "/api/v1/namespaces/nowhere/configmaps",
            config_map("a", "1"),
            "namespaces \"nowhere\" not found",
        ),
        (422, "POST", CONFIG_MAPS, named("A_b"), "RFC 1123 subdomain must consist of lower case"),
        (422, "POST", CONFIG_MAPS, named(""), "name or generateName is required"),
        (400, "PUT", "/api/v1/namespaces/default/configmaps/a", named("b"), "does not match the name on the URL"),
        (
            400,
            "POST",
            CONFIG_MAPS,
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}),
            "cannot be handled as a ConfigMap",
        ),
        (
            400,
            "POST",
            CONFIG_MAPS,
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "y"}}),
            "does not match the namespace",
        ),
        (
            400,
            "POST",
            CONFIG_MAPS,
            json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": 1}}),
            "cannot unmarshal number",
        ),
        (
            422,
            "POST",
            PODS,
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}),
            "Pod \"x\" is invalid: spec.containers: Required value",
        ),
        (404, "GET", "/api/v1/namespaces/default/nonsense", Value::Null, "could not find the requested resource"),
        (501, "GET", "/api/v1/namespaces/default/pods/a/proxy", Value::Null, "minke does not do pods/proxy yet"),
        (404, "GET", "/apis/nonsense.io/v1/things", Value::Null, "could not find the requested resource"),
        (405, "PUT", CONFIG_MAPS, config_map("a", "1"), "not allow this method"),
    ] {
        let said = admin.refused(code, method, path, body).await;
        assert!(said.contains(message), "{method} {path}: {said}");
    }
}

#[tokio::test]
async fn malformed_requests_are_answered_with_a_status() {
    let admin = Caller::admin().await;
    let json = [("content-type", "application/json")];
    let long = format!("{PODS}?limit=99999999999999999999999");
    for (method, path, headers, body) in [
        ("POST", PODS, &json[..], "{"),
        ("POST", PODS, &json[..], "[]"),
        ("POST", PODS, &json[..], "\"x\""),
        ("POST", PODS, &json[..], ""),
        ("POST", PODS, &json[..], "{\"metadata\":7}"),
        ("POST", PODS, &[("content-type", "text/plain")][..], "{}"),
        (
            "PATCH",
            "/api/v1/namespaces/default",
            &[("content-type", "application/json-patch+json")][..],
            "[{\"op\":\"fly\"}]",
        ),
        ("PATCH", "/api/v1/namespaces/default", &[("content-type", "application/xml")][..], "<a/>"),
        ("GET", &long, &[][..], ""),
        ("GET", "/api/v1/pods?labelSelector=a%3D%3D%3Db", &[][..], ""),
        ("GET", "/api/v1/pods?fieldSelector=spec.nothing%3Da", &[][..], ""),
        ("GET", "/api/v1/pods?resourceVersion=x", &[][..], ""),
        ("GET", "/api/v1/pods?continue=x", &[][..], ""),
        ("GET", "/api/v1/pods?watch=1&resourceVersion=x", &[][..], ""),
        ("DELETE", "/api/v1/namespaces/x?gracePeriodSeconds=soon", &[][..], ""),
        ("GET", "/api/v1/%ff%fe/%00", &[][..], ""),
        ("TRACE", PODS, &[][..], ""),
    ] {
        let (code, answer) = read(admin.send(method, path, headers, body).await).await;
        assert!(code.is_client_error(), "{method} {path} {body}: {code} {answer}");
        assert_eq!(answer["kind"], "Status", "{method} {path} {body}: {answer}");
    }
}

#[tokio::test]
async fn unknown_fields_are_dropped_warned_of_or_refused() {
    let admin = Caller::admin().await;
    let mut odd = pod("odd");
    odd["spec"]["colour"] = "blue".into();
    let path = |validation: &str| format!("{PODS}?dryRun=All&fieldValidation={validation}");
    let refusal = admin.refused(400, "POST", &path("Strict"), odd.clone()).await;
    assert!(refusal.contains("strict decoding error: unknown field \"spec.colour\""), "{refusal}");
    for (validation, warned) in [("Warn", true), ("Ignore", false)] {
        let answer =
            admin.send("POST", &path(validation), &[("content-type", "application/json")], &odd.to_string()).await;
        assert_eq!(answer.headers().contains_key("warning"), warned);
        assert!(read(answer).await.1["spec"]["colour"].is_null());
    }
}

#[tokio::test]
async fn an_update_needs_the_version_it_was_made_from() {
    let admin = Caller::admin().await;
    let first = admin.ok("POST", CONFIG_MAPS, config_map("a", "1")).await;
    let path = format!("{CONFIG_MAPS}/a");
    let mut second = first.clone();
    second["data"]["key"] = "2".into();
    let second = admin.ok("PUT", &path, second).await;
    assert_ne!(second["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
    let said = admin.refused(409, "PUT", &path, first).await;
    assert!(said.contains("the object has been modified; please apply your changes to the latest version"), "{said}");
    assert_eq!(admin.ok("PUT", &path, second.clone()).await, second, "nothing changed: no new version");
    let unconditional = admin.ok("PUT", &path, config_map("a", "3")).await;
    assert_eq!(unconditional["data"]["key"], "3");
    assert_eq!(unconditional["metadata"]["uid"], second["metadata"]["uid"]);
}

#[tokio::test]
async fn patches_of_all_three_kinds_change_an_object() {
    let admin = Caller::admin().await;
    admin.ok("POST", PODS, pod("a")).await;
    let path = format!("{PODS}/a");
    let merged = admin.ok("PATCH", &path, json!({"metadata": {"labels": {"x": "1", "y": "2"}}})).await;
    assert_eq!(merged["metadata"]["labels"], json!({"x": "1", "y": "2"}));
    let patched = admin.ok("PATCH", &path, json!([{"op": "remove", "path": "/metadata/labels/x"}])).await;
    assert_eq!(patched["metadata"]["labels"], json!({"y": "2"}));
    let strategic = json!({"spec": {"containers": [{"name": "c", "image": "nginx"}]}}).to_string();
    let headers = [("content-type", "application/strategic-merge-patch+json")];
    let (code, answer) = read(admin.send("PATCH", &path, &headers, &strategic).await).await;
    assert!(code.is_success(), "{answer}");
    assert_eq!(answer["spec"]["containers"][0]["image"], "nginx");
    assert_eq!(answer["spec"]["containers"].as_array().unwrap().len(), 1);
    let said = admin.refused(409, "PATCH", &path, json!({"metadata": {"resourceVersion": "1"}})).await;
    assert!(said.contains("the object has been modified"), "{said}");
}

#[tokio::test]
async fn the_status_is_written_on_its_own_path() {
    let admin = Caller::admin().await;
    admin.ok("POST", PODS, pod("a")).await;
    let path = format!("{PODS}/a");
    let ignored = admin.ok("PATCH", &path, json!({"status": {"phase": "Running"}})).await;
    assert_eq!(ignored["status"]["phase"], "Pending");
    let both = json!({"metadata": {"labels": {"x": "1"}}, "status": {"phase": "Running"}});
    let written = admin.ok("PATCH", &format!("{path}/status"), both).await;
    assert_eq!(written["status"]["phase"], "Running");
    assert_eq!(written["spec"]["containers"][0]["image"], "busybox");
}

#[tokio::test]
async fn names_are_generated() {
    let admin = Caller::admin().await;
    let mut one = config_map("", "1");
    one["metadata"] = json!({"generateName": "web-"});
    let made = admin.ok("POST", CONFIG_MAPS, one.clone()).await;
    let name = made["metadata"]["name"].as_str().unwrap();
    assert!(name.starts_with("web-") && name.len() == 9, "{name}");
    let other = admin.ok("POST", CONFIG_MAPS, one).await;
    assert_ne!(other["metadata"]["name"], name);
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let admin = Caller::admin().await;
    let made = admin.ok("POST", &format!("{CONFIG_MAPS}?dryRun=All"), config_map("a", "1")).await;
    assert!(made["metadata"]["uid"].is_string());
    admin.refused(404, "GET", &format!("{CONFIG_MAPS}/a"), Value::Null).await;
    admin.ok("POST", CONFIG_MAPS, config_map("a", "1")).await;
    admin.ok("DELETE", &format!("{CONFIG_MAPS}/a?dryRun=All"), Value::Null).await;
    admin.ok("GET", &format!("{CONFIG_MAPS}/a"), Value::Null).await;
}

#[tokio::test]
async fn callers_without_rights_are_refused() {
    let admin = Caller::admin().await;
    let nobody = admin.as_user(apiserver::User::anonymous());
    let said = nobody.refused(403, "GET", PODS, Value::Null).await;
    assert_eq!(
        said,
        "pods is forbidden: User \"system:anonymous\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\""
    );
    assert_eq!(nobody.ok("GET", "/version", Value::Null).await["major"], "1");
    assert_eq!(nobody.call("GET", "/healthz", &Value::Null).await.1, "ok");
}

#[tokio::test]
async fn bodies_may_come_in_protobuf() {
    let admin = Caller::admin().await;
    let protobuf = [("content-type", "application/vnd.kubernetes.protobuf")];
    // kubectl create configmap a --from-literal=b=c
    let made = "k8s\0\n\x0f\n\x02v1\x12\tConfigMap\x12\x1b\n\x11\n\x01a\x12\0\x1a\0\"\0*\x002\08\0B\0\x12\x06\n\x01b\x12\x01c\x1a\0\"\0";
    let (code, answer) = read(admin.send("POST", CONFIG_MAPS, &protobuf, made).await).await;
    assert_eq!((code.as_u16(), &answer["data"]), (201, &json!({"b": "c"})), "{answer}");
    let path = format!("{CONFIG_MAPS}/a");
    let stored = admin.ok("GET", &path, Value::Null).await;
    assert!(stored["metadata"]["creationTimestamp"].is_string());
    assert_eq!(stored["metadata"].get("generateName"), None);

    let other_uid = "k8s\0\n\x13\n\x02v1\x12\rDeleteOptions\x12\x05\x12\x03\n\x01x";
    let (code, answer) = read(admin.send("DELETE", &path, &protobuf, other_uid).await).await;
    assert_eq!(code.as_u16(), 409, "{answer}");
    let any = "k8s\0\n\x13\n\x02v1\x12\rDeleteOptions\x12\x02\x08\0";
    let (code, answer) = read(admin.send("DELETE", &path, &protobuf, any).await).await;
    assert_eq!(code.as_u16(), 200, "{answer}");
    let (code, answer) = read(admin.send("POST", CONFIG_MAPS, &[("content-type", "text/plain")], made).await).await;
    assert_eq!(code.as_u16(), 415);
    assert!(answer["message"].as_str().unwrap().ends_with("application/vnd.kubernetes.protobuf"), "{answer}");
}

#[tokio::test]
async fn ephemeral_containers_come_through_their_subresource_only() {
    let admin = Caller::admin().await;
    admin.ok("POST", PODS, pod("a")).await;
    let (path, subresource) = (format!("{PODS}/a"), format!("{PODS}/a/ephemeralcontainers"));
    let debugger =
        json!({"spec": {"ephemeralContainers": [{"name": "d", "image": "i"}]}, "metadata": {"labels": {"x": "y"}}});
    admin.refused(422, "PATCH", &path, debugger.clone()).await;
    let patched = admin.ok("PATCH", &subresource, debugger).await;
    assert_eq!(patched["spec"]["ephemeralContainers"][0]["terminationMessagePath"], "/dev/termination-log");
    assert_eq!((&patched["metadata"]["labels"], &patched["metadata"]["generation"]), (&Value::Null, &json!(2)));
    let said = admin.refused(422, "PATCH", &subresource, json!({"spec": {"ephemeralContainers": []}})).await;
    assert!(said.contains("existing ephemeral containers \"d\" may not be removed"), "{said}");
    admin.refused(404, "PATCH", &format!("{CONFIG_MAPS}/a/ephemeralcontainers"), json!({})).await;
}

#[tokio::test]
async fn answers_have_neither_rows_nor_metadata() {
    let admin = Caller::admin().await;
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}})
    .to_string();
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    for (accept, expected) in [(table.to_owned(), 406), (format!("{table}, application/json"), 201)] {
        let (code, answer) = read(admin.send("POST", path, &[("accept", &accept)], &review).await).await;
        assert_eq!(code.as_u16(), expected, "{accept}: {answer}");
    }
}

#[tokio::test]
async fn a_binding_names_a_node() {
    let admin = Caller::admin().await;
    admin.ok("POST", PODS, pod("a")).await;
    for (target, message) in [
        (json!({}), "target.name: Required value"),
        (json!({"name": "A_b"}), "target.name: Invalid value"),
        (json!({"name": "n", "kind": "Pod"}), "target.kind: Unsupported value"),
    ] {
        let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "a"}, "target": target});
        let said = admin.refused(422, "POST", &format!("{PODS}/a/binding"), binding).await;
        assert!(said.starts_with(&format!("Binding \"a\" is invalid: {message}")), "{said}");
    }
}

#[tokio::test]
async fn the_deployment_controller_writes_its_revision_with_the_status() {
    let admin = Caller::admin().await;
    let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let deployment = json!({"metadata": {"name": "d"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}});
    let path = "/apis/apps/v1/namespaces/default/deployments";
    let mut made = admin.ok("POST", path, deployment).await;
    made["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": "1"});
    made["metadata"]["labels"] = json!({"mine": "not"});
    made["status"]["observedGeneration"] = json!(1);
    let written = admin.ok("PUT", &format!("{path}/d/status"), made).await;
    assert_eq!(written["metadata"]["annotations"], json!({"deployment.kubernetes.io/revision": "1"}));
    assert_eq!(written["metadata"]["labels"], Value::Null);
    assert_eq!(written["metadata"]["generation"], 1);
}

#[tokio::test]
async fn what_is_damaged_in_the_store_is_told_and_can_be_deleted() {
    let store = Arc::new(MemoryStore::new());
    store.write(Write::create("core/configmaps/default/before", "{\"kind\":")).await.unwrap();
    let admin = Caller::admin_over(store.clone()).await;
    store.write(Write::create("core/configmaps/default/later", "not JSON")).await.unwrap();
    for name in ["before", "later"] {
        let path = format!("{CONFIG_MAPS}/{name}");
        let said = format!("configmaps \"{name}\" is damaged in the store");
        for (method, path, body) in [
            ("GET", path.as_str(), Value::Null),
            ("POST", CONFIG_MAPS, config_map(name, "1")),
            ("PUT", &path, config_map(name, "1")),
        ] {
            let message = admin.refused(500, method, path, body).await;
            assert!(message.contains(&said), "{method} {path}: {message}");
        }
        assert_eq!(admin.ok("DELETE", &path, Value::Null).await["status"], "Success");
        admin.refused(404, "GET", &path, Value::Null).await;
        admin.ok("POST", CONFIG_MAPS, config_map(name, "1")).await;
    }
}
