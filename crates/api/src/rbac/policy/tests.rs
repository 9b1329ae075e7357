use super::*;
use serde_json::{Value, json};

fn role(verb: &str, resource: &str) -> Vec<Rule> {
    vec![Rule::of(&json!({"apiGroups": [""], "resources": [resource], "verbs": [verb]}))]
}

fn binding(namespace: &str, name: &str, role: (&str, &str), subjects: &Value) -> Binding {
    let object = json!({"metadata": {"name": name, "namespace": namespace}, "subjects": subjects,
        "roleRef": {"kind": role.0, "name": role.1, "apiGroup": "rbac.authorization.k8s.io"}});
    Binding::of(&object).unwrap()
}

/// `reader` may get pods everywhere, `writer` may create pods, and get secrets where the namespace's role says so.
fn policy() -> Policy {
    let mut policy = Policy::default();
    policy.put_role("", "reader", role("get", "pods"));
    policy.put_role("", "writer", role("create", "pods"));
    policy.put_role("n", "local", role("get", "secrets"));
    let account = json!([{"kind": "ServiceAccount", "name": "robot"}]);
    for binding in [
        binding("", "everybody", ("ClusterRole", "reader"), &json!([{"kind": "Group", "name": "people"}])),
        binding("n", "joe", ("ClusterRole", "writer"), &json!([{"kind": "User", "name": "joe"}])),
        binding("n", "robot", ("Role", "local"), &account),
        binding("n", "stale", ("Role", "gone"), &json!([{"kind": "User", "name": "joe"}])),
    ] {
        policy.put_binding(binding);
    }
    policy
}

fn request<'a>(verb: &'a str, resource: &'a str, namespace: &'a str) -> Attributes<'a> {
    Attributes { verb, resource, namespace, name: "x", ..Attributes::default() }
}

#[test]
fn users_have_what_they_or_their_groups_are_bound_to() {
    let policy = policy();
    for (user, groups, request, allowed) in [
        ("eve", &["people"][..], request("get", "pods", "n"), true),
        ("eve", &["people"], request("get", "pods", ""), true),
        ("eve", &[], request("get", "pods", "n"), false),
        ("joe", &[], request("create", "pods", "n"), true),
        ("joe", &[], request("create", "pods", "other"), false),
        ("joe", &[], request("create", "pods", ""), false),
        ("system:serviceaccount:n:robot", &[], request("get", "secrets", "n"), true),
        ("system:serviceaccount:m:robot", &[], request("get", "secrets", "n"), false),
        ("people", &[], request("get", "pods", "n"), false),
    ] {
        let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
        assert_eq!(policy.allowed_by(user, &groups, &request).is_some(), allowed, "{user} {groups:?} {request:?}");
    }
}

#[test]
fn a_role_of_a_namespace_is_none_of_the_cluster() {
    let mut policy = policy();
    policy.put_binding(binding("", "sly", ("Role", "writer"), &json!([{"kind": "User", "name": "sly"}])));
    for namespace in ["", "n"] {
        assert_eq!(policy.allowed_by("sly", &[], &request("create", "pods", namespace)), None);
    }
    let missing = Missing { kind: RoleKind::Role, name: "writer".into() };
    assert_eq!(policy.rules_of("sly", &[], "n"), (Vec::new(), vec![missing.clone()]));
    assert_eq!(policy.role(RoleKind::Role, "", "writer"), Err(missing));
}

#[test]
fn a_decision_says_why() {
    let policy = policy();
    let people = ["people".to_owned()];
    for (user, groups, resource, expected) in [
        ("eve", &people[..], "pods", r#"ClusterRoleBinding "everybody" of ClusterRole "reader" to Group "people""#),
        (
            "system:serviceaccount:n:robot",
            &[],
            "secrets",
            r#"RoleBinding "robot/n" of Role "local" to ServiceAccount "robot/n""#,
        ),
    ] {
        let binding = policy.allowed_by(user, groups, &request("get", resource, "n")).unwrap();
        assert_eq!(binding.source(user, groups), expected);
    }
    let missing = Missing { kind: RoleKind::Role, name: "gone".into() };
    assert_eq!(policy.rules_of("joe", &[], "n").1, [missing]);
}

#[test]
fn what_is_removed_is_no_longer_held() {
    let mut policy = policy();
    let people = ["people".to_owned()];
    let get = request("get", "pods", "n");
    policy.remove_binding(&binding(
        "",
        "everybody",
        ("ClusterRole", "reader"),
        &json!([{"kind": "Group", "name": "people"}]),
    ));
    let may = |policy: &Policy, user: &str, groups: &[String], request: &Attributes<'_>| {
        policy.allowed_by(user, groups, request).is_some()
    };
    assert!(!may(&policy, "eve", &people, &get));
    policy.remove_role("n", "local");
    assert!(!may(&policy, "system:serviceaccount:n:robot", &[], &request("get", "secrets", "n")));
    policy.put_role("", "writer", role("delete", "pods"));
    assert!(!may(&policy, "joe", &[], &request("create", "pods", "n")));
    assert!(may(&policy, "joe", &[], &request("delete", "pods", "n")));
}

#[test]
fn a_binding_counts_once_however_often_it_names_somebody() {
    let mut policy = policy();
    let twice = json!([{"kind": "User", "name": "eve"}, {"kind": "Group", "name": "people"}]);
    policy.put_binding(binding("", "twice", ("ClusterRole", "writer"), &twice));
    let (rules, missing) = policy.rules_of("eve", &["people".to_owned()], "n");
    assert_eq!(rules, [role("get", "pods"), role("create", "pods")].concat());
    assert!(missing.is_empty());
}
