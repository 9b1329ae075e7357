//! Rights and identities as users and pods meet them.

use serde_json::json;
use tests::{Machine, Server, manifest::pod, status::phase};

const ROLES: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: default}
rules:
- {apiGroups: [''], resources: [pods, pods/log], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
- {kind: ServiceAccount, name: default, namespace: default}
";

#[test]
fn kubectl_tells_and_keeps_rights() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    kubectl.apply_text(ROLES).unwrap();
    let robot = "--as=system:serviceaccount:default:default";
    for (arguments, answer) in [
        (&["list", "pods", robot][..], "yes"),
        (&["get", "pods", "--subresource=log", robot], "yes"),
        (&["list", "secrets", robot], "no"),
        (&["list", "pods", "-n", "kube-system", robot], "no"),
        (&["get", "/version", "--as=joe"], "yes"),
        (&["get", "/metrics", "--as=joe"], "no"),
        (&["*", "*"], "yes"),
    ] {
        // A no is an exit code too.
        let said = kubectl.command(&[&["auth", "can-i"], arguments].concat()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), answer, "{arguments:?}: {said:?}");
    }
    let list = kubectl.run(&["auth", "can-i", "--list", robot]).unwrap();
    let row = list.lines().find(|line| line.starts_with("pods ")).unwrap_or_else(|| panic!("{list}"));
    assert!(row.ends_with("[get list]"), "{row}");
    assert!(list.lines().any(|line| line.starts_with("selfsubjectreviews.authentication.k8s.io")), "{list}");
    let who = kubectl.run(&["auth", "whoami", robot]).unwrap();
    assert!(who.contains("system:serviceaccounts:default"), "{who}");

    kubectl.run(&["patch", "role", "reader", "--type=merge", "-p", r#"{"rules":[]}"#]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roles.yaml");
    std::fs::write(&file, ROLES).unwrap();
    kubectl.run(&["auth", "reconcile", "-f", file.to_str().unwrap()]).unwrap();
    assert!(kubectl.run(&["auth", "can-i", "list", "pods", robot]).unwrap().contains("yes"));
}

#[test]
fn a_pod_finds_a_token_and_who_shows_it_is_its_account() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    let folder = "/var/run/secrets/kubernetes.io/serviceaccount";
    kubectl
        .apply_text(&pod("told", &format!("cat {folder}/namespace; echo; cat {folder}/token; echo; ls {folder}")))
        .unwrap();
    server.wait_for_pod("told", |pod| phase(pod) == "Succeeded").unwrap();
    let log = kubectl.run(&["logs", "told"]).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    let [namespace, token, files @ ..] = &lines[..] else { panic!("{log}") };
    assert_eq!((*namespace, files), ("default", &["ca.crt", "namespace", "token"][..]));
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}});
    let who = ["create", "-f", "-", "-o", "jsonpath={.status.user.username}"];
    let who = kubectl.run_with_input(&who, &review.to_string()).unwrap();
    assert_eq!(who, "system:serviceaccount:default:default");
    let token = kubectl.run(&["create", "token", "default", "--duration=10m"]).unwrap();
    assert_eq!(token.trim().split('.').count(), 3, "{token}");
}
