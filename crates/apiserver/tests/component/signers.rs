//! Signers: who says whom to trust for one, what certificates of pods are asked of it, and who answers.

use crate::support::{Caller, PODS, authority, signing_request};
use apiserver::User;
use serde_json::{Value, json};

const BUNDLES: &str = "/apis/certificates.k8s.io/v1/clustertrustbundles";
const REQUESTS: &str = "/apis/certificates.k8s.io/v1/namespaces/default/podcertificaterequests";
const GROUP: &str = "certificates.k8s.io";

/// A user with these rights in the whole cluster.
async fn user(admin: &Caller, name: &str, rules: &Value) -> Caller {
    let role = json!({"metadata": {"name": name}, "rules": rules});
    let subject = json!({"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name});
    let binding = json!({"metadata": {"name": name}, "subjects": [subject],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}});
    admin.ok("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", role).await;
    admin.ok("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding).await;
    admin.as_user(User::new(name, Vec::<String>::new()))
}

fn bundle(name: &str, signer: &str, text: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {"signerName": signer, "trustBundle": text}})
}

#[tokio::test]
async fn who_says_whom_to_trust_for_a_signer_needs_the_right_to() {
    let admin = Caller::admin().await;
    let rules = json!([
        {"verbs": ["create", "update", "patch"], "apiGroups": [GROUP], "resources": ["clustertrustbundles"]},
        {"verbs": ["attest"], "apiGroups": [GROUP], "resources": ["signers"], "resourceNames": ["x.io/s"]},
    ]);
    let deb = user(&admin, "deb", &rules).await;
    let text = authority();
    deb.ok("POST", BUNDLES, bundle("plain", "", &text)).await;
    deb.ok("POST", BUNDLES, bundle("x.io:s:a", "x.io/s", &text)).await;
    deb.ok("PATCH", &format!("{BUNDLES}/x.io:s:a"), json!({"spec": {"trustBundle": authority()}})).await;
    let refusal = deb.refused(403, "POST", BUNDLES, bundle("x.io:t:a", "x.io/t", &text)).await;
    assert!(refusal.ends_with("user not permitted to attest for signerName \"x.io/t\""), "{refusal}");
    admin.ok("POST", BUNDLES, bundle("x.io:t:a", "x.io/t", &text)).await;
    let other = format!("{BUNDLES}/x.io:t:a");
    deb.refused(403, "PATCH", &other, json!({"spec": {"trustBundle": authority()}})).await;
    deb.refused(403, "PATCH", &other, json!({"metadata": {"labels": {"a": "b"}}})).await;
    deb.ok("PATCH", &other, json!({"metadata": {"finalizers": ["x.io/f"]}})).await;
    for (name, signer, text) in [("x.io:s:b", "x.io/s", "no PEM"), ("b", "x.io/s", &text), ("x.io:s:b", "", &text)] {
        deb.refused(422, "POST", BUNDLES, bundle(name, signer, text)).await;
    }
    for change in [json!({"signerName": "x.io/t"}), json!({"signerName": null}), json!({"trustBundle": "no PEM"})] {
        admin.refused(422, "PATCH", &format!("{BUNDLES}/x.io:s:a"), json!({"spec": change})).await;
    }
}

/// A pod on the first of two nodes, with a certificate from `x.io/s`, and the request that its node makes for it.
async fn pod_with_certificate(admin: &Caller) -> Value {
    let uid = |made: &Value| made["metadata"]["uid"].clone();
    let mut nodes = Vec::new();
    for name in ["n1", "n2"] {
        nodes.push(uid(&admin.ok("POST", "/api/v1/nodes", json!({"metadata": {"name": name}})).await));
    }
    let account = json!({"metadata": {"name": "robot"}});
    let account = uid(&admin.ok("POST", "/api/v1/namespaces/default/serviceaccounts", account).await);
    let certificate = json!({"signerName": "x.io/s", "keyType": "ED25519", "credentialBundlePath": "bundle.pem"});
    let pod = json!({"metadata": {"name": "p"}, "spec": {"nodeName": "n1", "serviceAccountName": "robot",
        "containers": [{"name": "c", "image": "i"}],
        "volumes": [{"name": "v", "projected": {"sources": [{"podCertificate": certificate}]}}]}});
    let pod = uid(&admin.ok("POST", PODS, pod).await);
    json!({"metadata": {"generateName": "p-"}, "spec": {"signerName": "x.io/s", "nodeName": "n1", "nodeUID": nodes[0],
        "podName": "p", "podUID": pod, "serviceAccountName": "robot", "serviceAccountUID": account,
        "stubPKCS10Request": signing_request()}})
}

#[tokio::test]
async fn a_node_asks_for_certificates_of_its_own_pods_alone() {
    let admin = Caller::admin().await;
    let (one, two) = (admin.as_user(User::node("n1")), admin.as_user(User::node("n2")));
    let request = pod_with_certificate(&admin).await;
    let with = |changes: &[(&str, &str)]| {
        let mut request = request.clone();
        for (field, value) in changes {
            request["spec"][*field] = json!(value);
        }
        request
    };
    let made = one.ok("POST", REQUESTS, request.clone()).await;
    assert_eq!(made["spec"]["maxExpirationSeconds"], 86400);
    let node = admin.ok("GET", "/api/v1/nodes/n2", Value::Null).await["metadata"]["uid"].clone();
    for (caller, request, cause) in [
        (&two, with(&[]), "is not the requesting node \"n2\""),
        (&two, with(&[("nodeName", "n2"), ("nodeUID", node.as_str().unwrap())]), "is not running on node \"n2\""),
        (&one, with(&[("podUID", "other")]), "names UID \"other\" of pod \"default/p\""),
        (&one, with(&[("serviceAccountName", "default")]), "differs from running pod (\"robot\")"),
        (&one, with(&[("signerName", "x.io/t")]), "does not mount a podCertificate projected volume for signer"),
    ] {
        let refusal = caller.refused(403, "POST", REQUESTS, request).await;
        assert!(refusal.contains(cause), "{refusal}");
    }
    one.refused(422, "POST", REQUESTS, with(&[("stubPKCS10Request", "AAAA")])).await;
    let path = format!("{REQUESTS}/{}", made["metadata"]["name"].as_str().unwrap());
    admin.refused(422, "PATCH", &path, json!({"spec": {"podUID": "other"}})).await;
    admin.ok("PATCH", &path, json!({"metadata": {"labels": {"a": "b"}}})).await;
}

#[tokio::test]
async fn who_answers_for_a_signer_needs_the_right_to() {
    let admin = Caller::admin().await;
    let request = pod_with_certificate(&admin).await;
    let made = admin.ok("POST", REQUESTS, request).await;
    let path = format!("{REQUESTS}/{}/status", made["metadata"]["name"].as_str().unwrap());
    let write = json!({"verbs": ["patch"], "apiGroups": [GROUP], "resources": ["podcertificaterequests/status"]});
    let sign = json!({"verbs": ["sign"], "apiGroups": [GROUP], "resources": ["signers"], "resourceNames": ["x.io/*"]});
    let eve = user(&admin, "eve", &json!([write])).await;
    let signer = user(&admin, "signer", &json!([write, sign])).await;
    let denied = json!({"status": {"conditions": [{"type": "Denied", "status": "True", "reason": "r", "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z"}]}});
    let refusal = eve.refused(422, "PATCH", &path, denied.clone()).await;
    assert!(refusal.ends_with("User \"eve\" is not permitted to \"sign\" for signer \"x.io/s\""), "{refusal}");
    signer.ok("PATCH", &path, denied).await;
    signer.refused(422, "PATCH", &path, json!({"status": {"conditions": null}})).await;
}
