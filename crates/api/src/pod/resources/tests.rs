use super::*;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

fn container(cpu: &str, memory: &str) -> Value {
    json!({ "name": "c", "resources": { "requests": { "cpu": cpu, "memory": memory } } })
}

fn sidecar(cpu: &str, memory: &str) -> Value {
    let mut container = container(cpu, memory);
    container["restartPolicy"] = "Always".into();
    container
}

fn spec(value: &Value) -> PodSpec {
    serde_json::from_value(value.clone()).unwrap()
}

fn shown(quantities: &Quantities, name: &str) -> String {
    quantities.get(name).map_or_else(|| "-".into(), ToString::to_string)
}

#[test]
fn a_pod_requests_what_it_needs_at_its_greediest_moment() {
    let cases = [
        (
            "containers run side by side",
            json!({ "containers": [container("1", "1k"), container("500m", "2k")] }),
            ("1500m", "3k"),
        ),
        (
            "init containers run one after the other, before the containers",
            json!({ "initContainers": [container("2", "1k"), container("1", "5k")], "containers": [container("1", "1k")] }),
            ("2", "5k"),
        ),
        (
            "sidecars run beside the containers",
            json!({ "initContainers": [sidecar("1", "1k")], "containers": [container("1", "1k")] }),
            ("2", "2k"),
        ),
        (
            "and beside the init containers after them, not those before",
            json!({
                "initContainers": [container("3", "1k"), sidecar("1", "1k"), container("3", "1k")],
                "containers": [container("1", "1k")],
            }),
            ("4", "2k"),
        ),
        (
            "overhead comes on top",
            json!({ "containers": [container("1", "1k")], "overhead": { "cpu": "250m", "memory": "1k" } }),
            ("1250m", "2k"),
        ),
        (
            "the pod's own requests replace the sum, of what pods can share",
            json!({
                "containers": [container("1", "1k")],
                "resources": { "requests": { "cpu": "3", "example.com/gpu": "1" } },
            }),
            ("3", "1k"),
        ),
        (
            "parts are summed up before they are rounded",
            json!({ "containers": [container("100u", "1"), container("100u", "1")] }),
            ("200u", "2"),
        ),
    ];
    for (name, value, (cpu, memory)) in cases {
        let requests = requests(&spec(&value));
        assert_eq!((shown(&requests, "cpu"), shown(&requests, "memory")), (cpu.into(), memory.into()), "{name}");
        assert!(!requests.contains_key("example.com/gpu"), "{name}");
    }
}

#[test]
fn overhead_raises_what_is_limited() {
    let container = json!({ "name": "c", "resources": { "limits": { "cpu": "1" } } });
    let limits = limits(&spec(&json!({ "containers": [container], "overhead": { "cpu": "1", "memory": "1k" } })));
    assert_eq!((shown(&limits, "cpu"), shown(&limits, "memory")), ("2".into(), "-".into()));
}

fn resized(wished: &str, allocated: &str, actual: &str, reason: &str) -> Pod {
    let status = json!({
        "name": "c", "image": "i", "imageID": "i", "ready": true, "restartCount": 0,
        "allocatedResources": { "cpu": allocated }, "resources": { "requests": { "cpu": actual } },
    });
    let condition = json!({ "type": "PodResizePending", "status": "True", "reason": reason });
    serde_json::from_value(json!({
        "spec": { "containers": [container(wished, "1k")] },
        "status": { "containerStatuses": [status], "conditions": [condition] },
    }))
    .unwrap()
}

#[test]
fn a_pod_that_is_resized_holds_the_most_of_wish_allocation_and_reality() {
    for (wished, allocated, actual, reason, expected) in [
        ("3", "1", "1", "Deferred", "3"),
        ("1", "3", "1", "Deferred", "3"),
        ("1", "1", "3", "Deferred", "3"),
        ("3", "1", "2", "Infeasible", "2"),
    ] {
        let requests = effective_requests(&resized(wished, allocated, actual, reason), &Quantities::new());
        assert_eq!(shown(&requests, "cpu"), expected, "{wished} {allocated} {actual} {reason}");
    }
}

#[test]
fn containers_count_a_little_of_what_they_do_not_mention() {
    let missing: Quantities = [("cpu".to_owned(), "100m".parse().unwrap())].into();
    let spec = json!({ "containers": [{ "name": "a" }, container("0", "1k")] });
    let requests = effective_requests(&serde_json::from_value(json!({ "spec": spec })).unwrap(), &missing);
    assert_eq!((shown(&requests, "cpu"), shown(&requests, "memory")), ("100m".into(), "1k".into()));
}
