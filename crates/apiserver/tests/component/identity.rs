//! Who a caller is taken for, and what it is then let do.

use crate::support::{Caller, PODS, read};
use serde_json::{Value, json};

const AS_JOE: [(&str, &str); 2] = [("impersonate-user", "joe"), ("content-type", "application/json")];

async fn review(admin: &Caller, path: &str, review: &Value) -> Value {
    let (code, answer) = read(admin.send("POST", path, &AS_JOE, &review.to_string()).await).await;
    assert_eq!(code.as_u16(), 201, "{answer}");
    answer["status"].clone()
}

#[tokio::test]
async fn who_acts_as_somebody_else_has_only_the_others_rights() {
    let admin = Caller::admin().await;
    let (code, refusal) = read(admin.send("GET", PODS, &AS_JOE, "").await).await;
    assert_eq!(code.as_u16(), 403);
    let message =
        r#"pods is forbidden: User "joe" cannot list resource "pods" in API group "" in the namespace "default""#;
    assert_eq!(refusal["message"], message);
    let as_master = [("impersonate-user", "joe"), ("impersonate-group", "system:masters")];
    assert!(admin.send("GET", PODS, &as_master, "").await.status().is_success());
}

#[tokio::test]
async fn reviews_are_about_the_user_that_is_acted_as() {
    let admin = Caller::admin().await;
    let who = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let status = review(&admin, "/apis/authentication.k8s.io/v1/selfsubjectreviews", &who).await;
    assert_eq!(status["userInfo"], json!({"username": "joe", "groups": ["system:authenticated"]}));
    let may = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"verb": "*", "resource": "*"}}});
    let status = review(&admin, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &may).await;
    assert_eq!(status["allowed"], false, "{status}");
}

#[tokio::test]
async fn a_review_that_is_none_is_refused() {
    let admin = Caller::admin().await;
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let of = |kind: &str, spec: Value| json!({"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec});
    for body in [json!([]), json!("x"), json!(5), of("SubjectAccessReview", json!({}))] {
        admin.refused(400, "POST", path, body).await;
    }
    admin.refused(400, "POST", path, of("SelfSubjectAccessReview", json!({"resourceAttributes": []}))).await;
    let odd = of("SelfSubjectAccessReview", json!({"resourceAttributes": {"verb": "get"}, "odd": 1}));
    admin.refused(400, "POST", &format!("{path}?fieldValidation=Strict"), odd.clone()).await;
    let answer = admin.send("POST", path, &[("content-type", "application/json")], &odd.to_string()).await;
    assert_eq!(answer.headers()["warning"], r#"299 - "unknown field \"spec.odd\"""#);
}

#[tokio::test]
async fn a_binding_that_is_none_is_refused() {
    let admin = Caller::admin().await;
    for body in [json!([]), json!(5), json!({"kind": "Pod"}), json!({"kind": "Binding", "target": "n1"})] {
        for path in [format!("{PODS}/a/binding"), "/api/v1/namespaces/default/bindings".into()] {
            admin.refused(400, "POST", &path, body.clone()).await;
        }
    }
}
