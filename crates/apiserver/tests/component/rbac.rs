//! Roles and bindings: what they open, who may write them, and those that every cluster has.

use crate::support::{CONFIG_MAPS, Caller, PODS, config_map, pod};
use api::{kinds::served_by_default, rbac::bootstrap};
use apiserver::User;
use serde_json::{Value, json};
use std::sync::Arc;
use store::MemoryStore;

const ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles";
const BINDINGS: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings";
const CLUSTER_ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
const CLUSTER_BINDINGS: &str = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";

fn role(name: &str, rules: &Value) -> Value {
    json!({"metadata": {"name": name}, "rules": rules})
}

fn rule(verbs: &[&str], group: &str, resources: &[&str]) -> Value {
    json!({"verbs": verbs, "apiGroups": [group], "resources": resources})
}

fn binding(name: &str, kind: &str, role: &str, user: &str) -> Value {
    json!({"metadata": {"name": name}, "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role}})
}

fn user(name: &str) -> User {
    User::new(name, Vec::<String>::new())
}

#[tokio::test]
async fn a_binding_opens_what_its_role_says_at_once_and_closes_it_at_once() {
    let admin = Caller::admin().await;
    let joe = admin.as_user(user("joe"));
    let refusal = joe.refused(403, "GET", PODS, Value::Null).await;
    let expected =
        r#"pods is forbidden: User "joe" cannot list resource "pods" in API group "" in the namespace "default""#;
    assert_eq!(refusal, expected);
    admin.ok("POST", BINDINGS, binding("b", "Role", "readers", "joe")).await;
    let refusal = joe.refused(403, "GET", PODS, Value::Null).await;
    assert_eq!(refusal, format!(r#"{expected}: RBAC: role.rbac.authorization.k8s.io "readers" not found"#));
    admin.ok("POST", ROLES, role("readers", &json!([rule(&["get", "list"], "", &["pods"])]))).await;
    joe.ok("GET", PODS, Value::Null).await;
    joe.refused(403, "GET", "/api/v1/pods", Value::Null).await;
    joe.refused(403, "POST", PODS, pod("a")).await;
    admin.ok("DELETE", &format!("{BINDINGS}/b"), Value::Null).await;
    joe.refused(403, "GET", PODS, Value::Null).await;
}

#[tokio::test]
async fn names_and_subresources_are_told_apart() {
    let admin = Caller::admin().await;
    let joe = admin.as_user(user("joe"));
    let one = json!({"verbs": ["get", "list", "patch"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a"]});
    admin.ok("POST", ROLES, role("one", &json!([one, rule(&["get"], "", &["pods/log"])]))).await;
    admin.ok("POST", BINDINGS, binding("b", "Role", "one", "joe")).await;
    for name in ["a", "b"] {
        admin.ok("POST", CONFIG_MAPS, config_map(name, "1")).await;
    }
    joe.ok("GET", &format!("{CONFIG_MAPS}/a"), Value::Null).await;
    joe.ok("GET", &format!("{CONFIG_MAPS}?fieldSelector=metadata.name=a"), Value::Null).await;
    joe.ok("PATCH", &format!("{CONFIG_MAPS}/a"), json!({"data": {"key": "2"}})).await;
    for path in
        [CONFIG_MAPS, &format!("{CONFIG_MAPS}/b"), &format!("{CONFIG_MAPS}?fieldSelector=metadata.name=b"), PODS]
    {
        joe.refused(403, "GET", path, Value::Null).await;
    }
}

#[tokio::test]
async fn who_creates_by_an_update_must_be_allowed_to_create() {
    let admin = Caller::admin().await;
    let joe = admin.as_user(user("joe"));
    let leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
    let rules = json!([rule(&["update", "patch"], "coordination.k8s.io", &["leases"])]);
    admin.ok("POST", ROLES, role("writers", &rules)).await;
    admin.ok("POST", BINDINGS, binding("b", "Role", "writers", "joe")).await;
    let lease = json!({"metadata": {"name": "l"}, "spec": {}});
    let refusal = joe.refused(403, "PUT", &format!("{leases}/l"), lease.clone()).await;
    assert!(refusal.contains("cannot create resource \"leases\""), "{refusal}");
    admin.ok("PUT", &format!("{leases}/l"), lease.clone()).await;
    joe.ok("PUT", &format!("{leases}/l"), lease).await;
}

/// A user who may write roles and bindings, and read pods.
async fn delegate(admin: &Caller) -> Caller {
    let rules = json!([
        rule(&["get", "list"], "", &["pods"]),
        rule(&["*"], "rbac.authorization.k8s.io", &["roles", "rolebindings", "clusterroles"]),
    ]);
    admin.ok("POST", CLUSTER_ROLES, role("delegates", &strip(rules))).await;
    admin.ok("POST", CLUSTER_BINDINGS, binding("delegates", "ClusterRole", "delegates", "deb")).await;
    admin.as_user(user("deb"))
}

/// `*` would include `escalate` and `bind`.
fn strip(mut rules: Value) -> Value {
    rules[1]["verbs"] = json!(["get", "list", "create", "update", "patch", "delete"]);
    rules
}

#[tokio::test]
async fn nobody_grants_more_than_they_have() {
    let admin = Caller::admin().await;
    let deb = delegate(&admin).await;
    let reading = role("reading", &json!([rule(&["get"], "", &["pods"])]));
    let secrets = json!([rule(&["get", "list"], "", &["secrets"])]);
    deb.ok("POST", ROLES, reading.clone()).await;
    let refusal = deb.refused(403, "POST", ROLES, role("spying", &secrets)).await;
    let expected = "roles.rbac.authorization.k8s.io \"spying\" is forbidden: user \"deb\" (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\" \"list\"]}";
    assert_eq!(refusal, expected);
    deb.refused(403, "PATCH", &format!("{ROLES}/reading"), json!({"rules": secrets})).await;
    deb.ok("PATCH", &format!("{ROLES}/reading"), json!({"metadata": {"labels": {"a": "b"}}})).await;

    deb.ok("POST", BINDINGS, binding("b", "Role", "reading", "joe")).await;
    deb.refused(403, "POST", BINDINGS, binding("c", "ClusterRole", "cluster-admin", "deb")).await;
    let absent = deb.refused(404, "POST", BINDINGS, binding("d", "ClusterRole", "absent", "deb")).await;
    assert_eq!(absent, "clusterroles.rbac.authorization.k8s.io \"absent\" not found");
    let aggregated = json!({"metadata": {"name": "all"}, "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}});
    let refusal = deb.refused(403, "POST", CLUSTER_ROLES, aggregated).await;
    assert!(refusal.ends_with("must have cluster-admin privileges to use the aggregationRule"), "{refusal}");
}

#[tokio::test]
async fn who_may_escalate_or_bind_does() {
    let admin = Caller::admin().await;
    let deb = delegate(&admin).await;
    let secrets = role("spying", &json!([rule(&["get"], "", &["secrets"])]));
    admin.ok("POST", ROLES, secrets).await;
    deb.refused(403, "POST", BINDINGS, binding("b", "Role", "spying", "joe")).await;
    let rights = json!([{"verbs": ["bind"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "resourceNames": ["spying"]},
        rule(&["escalate"], "rbac.authorization.k8s.io", &["clusterroles"])]);
    admin.ok("POST", CLUSTER_ROLES, role("more", &rights)).await;
    admin.ok("POST", CLUSTER_BINDINGS, binding("more", "ClusterRole", "more", "deb")).await;
    deb.ok("POST", BINDINGS, binding("b", "Role", "spying", "joe")).await;
    deb.ok("POST", CLUSTER_ROLES, role("everything", &json!([rule(&["*"], "*", &["*"])]))).await;
}

#[tokio::test]
async fn a_right_to_escalate_some_roles_is_none_to_create_them() {
    let admin = Caller::admin().await;
    let deb = delegate(&admin).await;
    let escalate = json!({"verbs": ["escalate"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "resourceNames": ["r"]});
    admin.ok("POST", CLUSTER_ROLES, role("more", &json!([escalate]))).await;
    admin.ok("POST", CLUSTER_BINDINGS, binding("more", "ClusterRole", "more", "deb")).await;
    let secrets = role("r", &json!([rule(&["get"], "", &["secrets"])]));
    deb.refused(403, "POST", ROLES, secrets.clone()).await;
    deb.refused(403, "PUT", &format!("{ROLES}/other"), role("other", &secrets["rules"])).await;
    // This one names it in the path.
    deb.ok("PUT", &format!("{ROLES}/r"), secrets.clone()).await;
    deb.ok("PATCH", &format!("{ROLES}/r"), json!({"rules": [rule(&["get", "list"], "", &["secrets"])]})).await;
}

#[tokio::test]
async fn a_binding_of_the_cluster_gives_no_cluster_role_for_a_role_of_its_name() {
    let admin = Caller::admin().await;
    let group = "rbac.authorization.k8s.io";
    let rights =
        json!([rule(&["bind"], group, &["roles"]), rule(&["create"], group, &["clusterrolebindings", "rolebindings"])]);
    admin.ok("POST", CLUSTER_ROLES, role("binders", &rights)).await;
    admin.ok("POST", CLUSTER_BINDINGS, binding("binders", "ClusterRole", "binders", "sly")).await;
    let sly = admin.as_user(user("sly"));
    let refusal = sly.refused(422, "POST", CLUSTER_BINDINGS, binding("sly", "Role", "cluster-admin", "sly")).await;
    assert!(
        refusal.ends_with(r#"roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole""#),
        "{refusal}"
    );
    sly.refused(422, "POST", BINDINGS, binding("sly", "Roles", "cluster-admin", "sly")).await;
    sly.ok("POST", BINDINGS, binding("sly", "Role", "cluster-admin", "sly")).await;
    sly.refused(403, "GET", PODS, Value::Null).await;
    sly.refused(403, "GET", CLUSTER_ROLES, Value::Null).await;
}

#[tokio::test]
async fn every_cluster_has_kubernetes_roles_and_gets_them_back() {
    let store = Arc::new(MemoryStore::new());
    let admin = Caller::admin_over(store.clone()).await;
    let list = admin.ok("GET", CLUSTER_ROLES, Value::Null).await;
    let expected = bootstrap::objects().iter().filter(|object| object["kind"] == "ClusterRole").count();
    assert_eq!(list["items"].as_array().unwrap().len(), expected);
    let discovery = format!("{CLUSTER_ROLES}/system:discovery");
    admin.ok("PATCH", &discovery, json!({"rules": []})).await;
    admin.ok("DELETE", &format!("{CLUSTER_BINDINGS}/system:discovery"), Value::Null).await;
    let kept =
        json!({"metadata": {"annotations": {"rbac.authorization.kubernetes.io/autoupdate": "false"}}, "rules": []});
    admin.ok("PATCH", &format!("{CLUSTER_ROLES}/system:basic-user"), kept).await;

    let admin = Caller::admin_over(store).await;
    let rules = admin.ok("GET", &discovery, Value::Null).await["rules"].clone();
    assert!(!rules.as_array().unwrap().is_empty());
    admin.ok("GET", &format!("{CLUSTER_BINDINGS}/system:discovery"), Value::Null).await;
    let left = admin.ok("GET", &format!("{CLUSTER_ROLES}/system:basic-user"), Value::Null).await;
    assert!(left["rules"].as_array().is_none_or(Vec::is_empty), "it is not to be updated: {left}");
}

#[tokio::test]
async fn what_is_public_is_health_and_version() {
    let admin = Caller::admin_of(served_by_default()).await;
    let (anonymous, eve) = (admin.as_user(User::anonymous()), admin.as_user(user("eve")));
    for path in ["/healthz", "/livez", "/readyz", "/version"] {
        assert!(anonymous.send("GET", path, &[], "").await.status().is_success(), "{path}");
    }
    for path in ["/api", "/apis", "/apis/apps/v1", "/openapi/v3", "/openapi/v2"] {
        assert_eq!(anonymous.send("GET", path, &[], "").await.status().as_u16(), 403, "{path}");
        assert!(eve.send("GET", path, &[], "").await.status().is_success(), "{path}");
    }
    for caller in [&anonymous, &eve] {
        assert_eq!(caller.send("GET", "/metrics", &[], "").await.status().as_u16(), 403);
        assert_eq!(caller.send("POST", "/version", &[], "").await.status().as_u16(), 403);
        let (code, _) = caller.call("GET", "/api/v1/namespaces/default/widgets", &Value::Null).await;
        assert_eq!(code.as_u16(), 403, "what is not served is no answer to who may not ask");
    }
}
