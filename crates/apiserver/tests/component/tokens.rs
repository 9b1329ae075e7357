//! Service account tokens: who gets them, who is believed by them, and for how long.

use crate::support::{Caller, PODS, read};
use apiserver::{TokenKeys, User};
use serde_json::{Value, json};

const ACCOUNTS: &str = "/api/v1/namespaces/default/serviceaccounts";
const REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";
const SELF: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

/// A cluster that issues tokens, with the account `robot`, a node `n1` and a pod `p` of both.
async fn cluster() -> Caller {
    let admin = Caller::admin().await;
    let folder = tempfile::tempdir().unwrap();
    let keys = TokenKeys::load_or_create(folder.path()).unwrap();
    admin.server().issue_tokens(keys, "192.0.2.7:6443".parse().unwrap());
    admin.ok("POST", ACCOUNTS, json!({"metadata": {"name": "robot"}})).await;
    admin.ok("POST", "/api/v1/nodes", json!({"metadata": {"name": "n1"}})).await;
    let mut pod = crate::support::pod("p");
    pod["spec"]["serviceAccountName"] = json!("robot");
    pod["spec"]["nodeName"] = json!("n1");
    admin.ok("POST", PODS, pod).await;
    admin
}

async fn request(caller: &Caller, spec: Value) -> Value {
    caller.ok("POST", &format!("{ACCOUNTS}/robot/token"), json!({"spec": spec})).await
}

fn bound_to_pod(uid: &Value) -> Value {
    json!({"boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": uid}})
}

async fn review(admin: &Caller, token: &str, audiences: &[&str]) -> Value {
    admin.ok("POST", REVIEWS, json!({"spec": {"token": token, "audiences": audiences}})).await["status"].clone()
}

#[tokio::test]
async fn a_token_makes_its_bearer_the_account() {
    let admin = cluster().await;
    let uid = admin.ok("GET", &format!("{PODS}/p"), Value::Null).await["metadata"]["uid"].clone();
    let issued = request(&admin, bound_to_pod(&uid)).await;
    assert_eq!(issued["spec"]["expirationSeconds"], 3600);
    let bearer = format!("Bearer {}", issued["status"]["token"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let (code, who) = read(admin.send_anonymously("POST", SELF, &headers, "{}").await).await;
    assert_eq!(code.as_u16(), 201, "{who}");
    let user = &who["status"]["userInfo"];
    assert_eq!(user["username"], "system:serviceaccount:default:robot");
    assert_eq!(user["extra"]["authentication.kubernetes.io/pod-name"], json!(["p"]));
    assert_eq!(user["extra"]["authentication.kubernetes.io/node-name"], json!(["n1"]));
    let (code, _) = read(admin.send_anonymously("GET", PODS, &headers, "").await).await;
    assert_eq!(code.as_u16(), 403, "it has no rights");
    admin.ok("DELETE", &format!("{PODS}/p?gracePeriodSeconds=0"), Value::Null).await;
    admin.ok("GET", PODS, Value::Null).await;
    let (code, _) = read(admin.send_anonymously("POST", SELF, &headers, "{}").await).await;
    assert_eq!(code.as_u16(), 401, "the pod is gone");
}

#[tokio::test]
async fn reviews_say_whose_a_token_is_and_for_whom() {
    let admin = cluster().await;
    let token = request(&admin, json!({"audiences": ["vault", "other"]})).await["status"]["token"].clone();
    let token = token.as_str().unwrap();
    let good = review(&admin, token, &["vault", "x"]).await;
    assert_eq!((&good["authenticated"], &good["audiences"]), (&json!(true), &json!(["vault"])));
    assert_eq!(good["user"]["username"], "system:serviceaccount:default:robot");
    for (token, audiences) in [(token, &[][..]), (token, &["x"]), ("nonsense", &["vault"]), (&token[1..], &["vault"])] {
        let bad = review(&admin, token, audiences).await;
        assert!(bad["authenticated"].is_null() && bad["error"].is_string(), "{bad}");
    }
    let headers = [("authorization", "Bearer nonsense")];
    assert_eq!(admin.send_anonymously("GET", "/version", &headers, "").await.status().as_u16(), 401);
}

#[tokio::test]
async fn faulty_requests_are_refused() {
    let admin = cluster().await;
    let path = format!("{ACCOUNTS}/robot/token");
    for (code, path, body) in [
        (422, path.clone(), json!({"spec": {"expirationSeconds": 599}})),
        (422, path.clone(), json!({"metadata": {"name": "other"}, "spec": {}})),
        (409, path.clone(), json!({"metadata": {"uid": "other"}, "spec": {}})),
        (409, path.clone(), json!({"spec": bound_to_pod(&json!("other"))})),
        (404, path.clone(), json!({"spec": {"boundObjectRef": {"apiVersion": "v1", "kind": "Secret", "name": "x"}}})),
        (400, path.clone(), json!({"spec": {"boundObjectRef": {"apiVersion": "v1", "kind": "Service", "name": "x"}}})),
        (404, format!("{ACCOUNTS}/absent/token"), json!({"spec": {}})),
    ] {
        admin.refused(code, "POST", &path, body).await;
    }
}

#[tokio::test]
async fn a_node_gets_the_tokens_of_its_pods_alone() {
    let admin = cluster().await;
    let path = format!("{ACCOUNTS}/robot/token");
    let uid = admin.ok("GET", &format!("{PODS}/p"), Value::Null).await["metadata"]["uid"].clone();
    let (own, other) = (admin.as_user(User::node("n1")), admin.as_user(User::node("n2")));
    // The pod has a volume for the API server's audience.
    own.ok("POST", &path, json!({"spec": bound_to_pod(&uid)})).await;
    other.refused(403, "POST", &path, json!({"spec": bound_to_pod(&uid)})).await;
    own.refused(403, "POST", &path, json!({"spec": {}})).await;
    let mut elsewhere = bound_to_pod(&uid);
    elsewhere["audiences"] = json!(["vault"]);
    own.refused(403, "POST", &path, json!({"spec": elsewhere})).await;
}

#[tokio::test]
async fn others_can_recognize_tokens() {
    let admin = cluster().await;
    let robot = admin.as_user(User::service_account("default", "robot"));
    let configuration = robot.ok("GET", "/.well-known/openid-configuration", Value::Null).await;
    assert_eq!(configuration["issuer"], "https://kubernetes.default.svc.cluster.local");
    assert_eq!(configuration["jwks_uri"], "https://192.0.2.7:6443/openid/v1/jwks");
    let keys = robot.ok("GET", "/openid/v1/jwks", Value::Null).await;
    assert_eq!((&keys["keys"][0]["kty"], &keys["keys"][0]["alg"]), (&json!("EC"), &json!("ES256")));
    admin.as_user(User::anonymous()).refused(403, "GET", "/openid/v1/jwks", Value::Null).await;
}

#[tokio::test]
async fn who_shows_a_bootstrap_token_is_a_bootstrapper_as_long_as_its_secret_is_there() {
    let admin = cluster().await;
    let secrets = "/api/v1/namespaces/kube-system/secrets";
    let data =
        json!({"token-id": "abcdef", "token-secret": "0123456789abcdef", "usage-bootstrap-authentication": "true"});
    let secret = json!({"metadata": {"name": "bootstrap-token-abcdef"}, "type": "bootstrap.kubernetes.io/token", "stringData": data});
    admin.ok("POST", secrets, secret).await;
    let good = review(&admin, "abcdef.0123456789abcdef", &[]).await;
    assert_eq!(good["user"]["username"], "system:bootstrap:abcdef");
    assert_eq!(good["user"]["groups"], json!(["system:bootstrappers", "system:authenticated"]));
    assert!(review(&admin, "abcdef.0123456789abcdee", &[]).await["authenticated"].is_null());
    assert!(review(&admin, "abcdef.0123456789abcdef", &["vault"]).await["authenticated"].is_null());
    admin.ok("DELETE", &format!("{secrets}/bootstrap-token-abcdef"), Value::Null).await;
    assert!(review(&admin, "abcdef.0123456789abcdef", &[]).await["authenticated"].is_null());
}
