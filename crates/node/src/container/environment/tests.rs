//! Environments of containers.

use super::{complete, declared};
use crate::container::examples::{container, facts, first, image, machine, objects, pod_of};
use serde_json::{Value, json};

fn declare(fields: &Value) -> Result<Vec<String>, String> {
    let pod = pod_of(&container(fields), &json!({}));
    let environment = declared(&pod, first(&pod), &facts(), &objects(), &machine());
    environment.map(super::Environment::into_strings).map_err(|error| error.to_string())
}

/// One variable with this source.
fn from(source: &Value) -> Value {
    json!({ "env": [{ "name": "X", "valueFrom": source }] })
}

fn field(path: &str) -> Value {
    from(&json!({ "fieldRef": { "fieldPath": path } }))
}

fn resource(resource: &str, divisor: &str) -> Value {
    json!({
        "resources": { "limits": { "cpu": "1500m" }, "requests": { "cpu": "250m", "memory": "64Mi" } },
        "env": [{ "name": "X", "valueFrom": { "resourceFieldRef": { "resource": resource, "divisor": divisor } } }],
    })
}

#[test]
fn one_variable() {
    let map = |name: &str, key: &str, optional: bool| {
        from(&json!({ "configMapKeyRef": { "name": name, "key": key, "optional": optional } }))
    };
    let secret = |name: &str, key: &str, optional: bool| {
        from(&json!({ "secretKeyRef": { "name": name, "key": key, "optional": optional } }))
    };
    let cases: Vec<(Value, Result<Option<&str>, &str>)> = vec![
        (json!({ "env": [{ "name": "X", "value": "1" }] }), Ok(Some("1"))),
        (json!({ "env": [{ "name": "X", "value": "" }] }), Ok(Some(""))),
        (json!({ "env": [{ "name": "X" }] }), Ok(Some(""))),
        (json!({ "env": [{ "name": "X", "value": "$(KUBERNETES_SERVICE_HOST)" }] }), Ok(Some("10.43.0.1"))),
        (json!({ "env": [{ "name": "X", "value": "$(NONE)" }] }), Ok(Some("$(NONE)"))),
        (field("metadata.name"), Ok(Some("web"))),
        (field("metadata.namespace"), Ok(Some("shop"))),
        (field("metadata.uid"), Ok(Some("u-1"))),
        (field("metadata.labels"), Ok(Some("app=\"web\"\ntier=\"front\""))),
        (field("metadata.labels['app']"), Ok(Some("web"))),
        (field("metadata.labels['none']"), Ok(Some(""))),
        (field("metadata.annotations"), Ok(Some("note=\"a \\\"b\\\"\\nc\""))),
        (field("metadata.annotations['note']"), Ok(Some("a \"b\"\nc"))),
        (field("spec.nodeName"), Ok(Some("node-1"))),
        (field("spec.serviceAccountName"), Ok(Some("robot"))),
        (field("status.hostIP"), Ok(Some("192.168.1.2"))),
        (field("status.hostIPs"), Ok(Some("192.168.1.2"))),
        (field("status.podIP"), Ok(Some("10.42.0.7"))),
        (field("status.podIPs"), Ok(Some("10.42.0.7,fd00::7"))),
        (field("status.phase"), Err("unsupported fieldPath: status.phase")),
        (field("spec.nodeSelector['x']"), Err("unsupported fieldPath: spec.nodeSelector['x']")),
        (resource("limits.cpu", "0"), Ok(Some("2"))),
        (resource("limits.cpu", "1m"), Ok(Some("1500"))),
        (resource("requests.cpu", "1"), Ok(Some("1"))),
        (resource("requests.memory", "1Mi"), Ok(Some("64"))),
        (resource("requests.memory", "1"), Ok(Some("67108864"))),
        (resource("limits.memory", "1Gi"), Ok(Some("8"))),
        (resource("requests.ephemeral-storage", "1"), Ok(Some("0"))),
        (resource("limits.gpu", "1"), Err("unsupported container resource : limits.gpu")),
        (
            from(&json!({ "resourceFieldRef": { "containerName": "b", "resource": "limits.cpu" } })),
            Err("container b not found"),
        ),
        (map("map", "one", false), Ok(Some("1"))),
        (map("map", "none", false), Err("couldn't find key none in ConfigMap shop/map")),
        (map("none", "one", false), Err("configmap \"none\" not found")),
        (map("map", "none", true), Ok(None)),
        (map("none", "one", true), Ok(None)),
        (secret("secret", "user", false), Ok(Some("admin"))),
        (secret("secret", "none", false), Err("couldn't find key none in Secret shop/secret")),
        (secret("none", "user", false), Err("secret \"none\" not found")),
        (secret("none", "user", true), Ok(None)),
    ];
    for (fields, expected) in cases {
        let found = declare(&fields)
            .map(|variables| variables.iter().find_map(|variable| variable.strip_prefix("X=")).map(str::to_owned));
        assert_eq!(found, expected.map(|value| value.map(str::to_owned)).map_err(str::to_owned), "{fields}");
    }
}

#[test]
fn many_variables() {
    let cases = [
        (json!({}), Ok(vec!["KUBERNETES_SERVICE_HOST=10.43.0.1"])),
        (
            json!({ "env": [{ "name": "B", "value": "1" }, { "name": "A", "value": "$(B)$(C)" }, { "name": "C", "value": "3" }] }),
            Ok(vec!["B=1", "A=1$(C)", "C=3", "KUBERNETES_SERVICE_HOST=10.43.0.1"]),
        ),
        (
            json!({ "env": [{ "name": "KUBERNETES_SERVICE_HOST", "value": "mine" }] }),
            Ok(vec!["KUBERNETES_SERVICE_HOST=mine"]),
        ),
        (
            json!({ "envFrom": [{ "configMapRef": { "name": "map" } }, { "secretRef": { "name": "secret" }, "prefix": "S_" }] }),
            Ok(vec!["one=1", "two=2", "S_two=2", "S_user=admin", "KUBERNETES_SERVICE_HOST=10.43.0.1"]),
        ),
        (
            json!({
                "envFrom": [{ "configMapRef": { "name": "map" } }],
                "env": [{ "name": "one", "value": "new $(two)" }],
            }),
            Ok(vec!["one=new 2", "two=2", "KUBERNETES_SERVICE_HOST=10.43.0.1"]),
        ),
        (
            json!({ "envFrom": [{ "configMapRef": { "name": "none", "optional": true } }] }),
            Ok(vec!["KUBERNETES_SERVICE_HOST=10.43.0.1"]),
        ),
        (json!({ "envFrom": [{ "configMapRef": { "name": "none" } }] }), Err("configmap \"none\" not found")),
        (json!({ "envFrom": [{ "secretRef": { "name": "none" } }] }), Err("secret \"none\" not found")),
    ];
    for (fields, expected) in cases {
        let expected = expected.map(|list| list.into_iter().map(str::to_owned).collect()).map_err(str::to_owned);
        assert_eq!(declare(&fields), expected, "{fields}");
    }
}

#[test]
fn the_image_comes_before_the_pod_and_after_the_defaults() {
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let cases = [
        (json!({}), json!({}), vec![path, "HOSTNAME=web", "HOME=/root"]),
        (json!({}), json!({ "Env": ["PATH=/bin", "X=1"] }), vec!["PATH=/bin", "HOSTNAME=web", "X=1", "HOME=/root"]),
        (
            json!({ "env": [{ "name": "X", "value": "2" }, { "name": "HOME", "value": "/h" }] }),
            json!({ "Env": ["X=1"] }),
            vec![path, "HOSTNAME=web", "X=2", "HOME=/h"],
        ),
        (json!({ "tty": true }), json!({}), vec![path, "HOSTNAME=web", "TERM=xterm", "HOME=/root"]),
    ];
    for (fields, config, expected) in cases {
        let pod = pod_of(&container(&fields), &json!({}));
        let mut facts = facts();
        facts.service_env.clear();
        let declared = declared(&pod, first(&pod), &facts, &objects(), &machine()).unwrap();
        let complete = complete(&declared, first(&pod), &image(config.clone()).config, "web", "/root").unwrap();
        assert_eq!(complete.into_strings(), expected, "{fields} {config}");
    }
}

#[test]
fn references_that_stand_for_more_than_a_process_can_have_are_refused() {
    let doubling = |count: usize| {
        let variable = |index: usize| match index {
            0 => json!({ "name": "V0", "value": "xxxxxxxx" }),
            _ => json!({ "name": format!("V{index}"), "value": format!("$(V{0})$(V{0})", index - 1) }),
        };
        (0..count).map(variable).collect::<Vec<_>>()
    };
    let same = |count: usize| {
        let mut list = doubling(14);
        list.extend((0..count).map(|_| json!({ "name": "SAME", "value": "$(V13)" })));
        list
    };
    let refused = Err("argument list too long".to_owned());
    for (variables, fits) in
        [(doubling(14), true), (doubling(15), false), (doubling(64), false), (same(80), true), (same(5_000), false)]
    {
        let count = variables.len();
        let found = declare(&json!({ "env": variables })).map(|_| ());
        let found = found.map_err(|message| message.split(':').next().unwrap().to_owned());
        assert_eq!(found, if fits { Ok(()) } else { refused.clone() }, "{count}");
    }
}

#[test]
fn arguments_share_the_room_of_the_environment() {
    let value = "x".repeat(100_000);
    for (arguments, fits) in [(1, true), (61, true), (62, false), (100_000, false)] {
        let fields = json!({ "env": [{ "name": "A", "value": value }], "args": vec!["$(A)"; arguments] });
        let spec = crate::container::examples::spec_of(&fields, &json!({}));
        assert_eq!(spec.is_ok(), fits, "{arguments}");
    }
    let one_long = json!({ "env": [{ "name": "A", "value": value }], "args": ["$(A)$(A)"] });
    assert!(crate::container::examples::spec_of(&one_long, &json!({})).is_err());
}
