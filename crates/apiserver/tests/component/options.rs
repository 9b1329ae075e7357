//! The options of requests: what is refused, and what is brought within bounds.

use crate::support::{CONFIG_MAPS, Caller, PODS, config_map, pod, read};
use serde_json::{Value, json};

#[tokio::test]
async fn faulty_options_are_refused_in_kubernetes_words() {
    let admin = Caller::admin().await;
    admin.ok("POST", CONFIG_MAPS, config_map("a", "1")).await;
    let long = "x".repeat(129);
    for (method, query, body, code, message) in [
        (
            "DELETE",
            "/a?propagationPolicy=Foo",
            Value::Null,
            422,
            "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"Foo\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"",
        ),
        (
            "GET",
            "?resourceVersionMatch=Exact",
            Value::Null,
            422,
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
        (
            "POST",
            "?fieldValidation=Foo",
            config_map("b", "1"),
            422,
            "CreateOptions.meta.k8s.io \"\" is invalid: fieldValidation: Unsupported value: \"Foo\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
        ),
        (
            "PUT",
            "/a?dryRun=Foo",
            config_map("a", "2"),
            422,
            "UpdateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Foo\"]: supported values: \"All\"",
        ),
        (
            "PATCH",
            &format!("/a?fieldManager={long}"),
            json!({}),
            422,
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Too long: may not be more than 128 bytes",
        ),
        ("GET", "?limit=x", Value::Null, 400, "strconv.ParseInt: parsing \"x\": invalid syntax"),
    ] {
        assert_eq!(admin.refused(code, method, &format!("{CONFIG_MAPS}{query}"), body).await, message, "{query}");
    }
    let list = admin.ok("GET", &format!("{CONFIG_MAPS}?limit=-1"), Value::Null).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "a negative limit is none");
}

#[tokio::test]
async fn endless_grace_periods_end() {
    let admin = Caller::admin().await;
    let mut patient = pod("a");
    patient["spec"]["terminationGracePeriodSeconds"] = json!(i64::MAX);
    patient["spec"]["nodeName"] = json!("n1");
    admin.ok("POST", PODS, patient).await;
    let path = format!("{PODS}/a");
    let going = admin.ok("DELETE", &path, Value::Null).await;
    assert_eq!(going["metadata"]["deletionGracePeriodSeconds"], i32::MAX);
    let year = |object: &Value| object["metadata"]["deletionTimestamp"].as_str().unwrap()[..4].parse::<i32>().unwrap();
    assert!((2026..9999).contains(&year(&going)), "{going}");
    let hurried = admin.ok("DELETE", &path, json!({"gracePeriodSeconds": 10})).await;
    assert_eq!(hurried["metadata"]["deletionGracePeriodSeconds"], 10);
    assert!(year(&hurried) < year(&going), "{hurried}");
    let unchanged = admin.ok("DELETE", &path, json!({"gracePeriodSeconds": i64::MAX})).await;
    assert_eq!(unchanged["metadata"]["deletionGracePeriodSeconds"], 10);
    admin.ok("DELETE", &path, json!({"gracePeriodSeconds": 0})).await;
    admin.refused(404, "GET", &path, Value::Null).await;
}

#[tokio::test]
async fn a_watch_may_be_asked_to_last_for_ever() {
    let admin = Caller::admin().await;
    for seconds in ["9223372036854775807", "-1", "0"] {
        let path = format!("{CONFIG_MAPS}?watch=true&timeoutSeconds={seconds}");
        assert_eq!(admin.send("GET", &path, &[], "").await.status(), 200, "{seconds}");
    }
}

#[tokio::test]
async fn a_compressed_body_is_not_inflated() {
    let admin = Caller::admin().await;
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let (code, refusal) = read(admin.send("POST", CONFIG_MAPS, &headers, "\u{1f}\u{8b}\u{8}").await).await;
    assert_eq!((code.as_u16(), &refusal["reason"]), (400, &json!("BadRequest")));
}

#[tokio::test]
async fn a_body_has_a_bound() {
    let admin = Caller::admin().await;
    let large = config_map("a", &"x".repeat(3 << 20));
    for (method, path, content_type) in [
        ("POST", CONFIG_MAPS.to_owned(), "application/json"),
        ("PATCH", format!("{CONFIG_MAPS}/a"), "application/merge-patch+json"),
        ("PATCH", format!("{CONFIG_MAPS}/a?fieldManager=m"), "application/apply-patch+yaml"),
        ("DELETE", format!("{CONFIG_MAPS}/a"), "application/json"),
    ] {
        let response = admin.send(method, &path, &[("content-type", content_type)], &large.to_string()).await;
        assert_eq!(read(response).await.0.as_u16(), 413, "{method} {path}");
    }
}
