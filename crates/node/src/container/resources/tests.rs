//! Limits of containers and pods.

use super::{of_container, of_pod};
use crate::container::{
    CgroupVersion,
    examples::{container, first, machine, pod_of},
};
use oci_spec::runtime::{LinuxMemory, LinuxResources};
use serde_json::{Value, json};

/// Shares, quota and memory limit.
fn numbers(resources: &LinuxResources) -> (Option<u64>, Option<i64>, Option<i64>) {
    let cpu = resources.cpu().clone().unwrap();
    (cpu.shares(), cpu.quota(), resources.memory().as_ref().and_then(LinuxMemory::limit))
}

#[test]
fn of_containers() {
    for (requests, limits, expected) in [
        (json!({}), json!({}), (Some(2), None, None)),
        (json!({ "cpu": "1" }), json!({}), (Some(1024), None, None)),
        (json!({ "cpu": "250m" }), json!({}), (Some(256), None, None)),
        (json!({ "cpu": "1m" }), json!({}), (Some(2), None, None)),
        (json!({ "cpu": "1000" }), json!({}), (Some(262_144), None, None)),
        (json!({}), json!({ "cpu": "500m" }), (Some(512), Some(50_000), None)),
        (json!({ "cpu": "100m" }), json!({ "cpu": "2" }), (Some(102), Some(200_000), None)),
        (json!({}), json!({ "cpu": "1m" }), (Some(2), Some(1000), None)),
        (json!({}), json!({ "cpu": "0" }), (Some(2), None, None)),
        (json!({ "memory": "64Mi" }), json!({}), (Some(2), None, None)),
        (json!({}), json!({ "memory": "64Mi" }), (Some(2), None, Some(64 << 20))),
    ] {
        let fields = json!({ "resources": { "requests": requests, "limits": limits } });
        let pod = pod_of(&container(&fields), &json!({}));
        assert_eq!(numbers(&of_container(first(&pod), &machine())), expected, "{fields}");
    }
}

#[test]
fn only_cgroup_2_kills_containers_as_a_whole() {
    let pod = pod_of(&container(&json!({})), &json!({}));
    let mut machine = machine();
    assert_eq!(of_container(first(&pod), &machine).unified(), &None);
    machine.cgroup_version = CgroupVersion::V2;
    let unified = of_container(first(&pod), &machine).unified().clone().unwrap();
    assert_eq!(unified.get("memory.oom.group").map(String::as_str), Some("1"));
}

#[test]
fn of_pods() {
    let named = |name: &str, requests: Value, limits: Value, restart: Option<&str>| json!({ "name": name, "restartPolicy": restart, "resources": { "requests": requests, "limits": limits } });
    let cpu = |amount: &str| json!({ "cpu": amount });
    let both = |cpu: &str, memory: &str| json!({ "cpu": cpu, "memory": memory });
    let none = || json!({});
    let cases = [
        ("best effort", json!({ "containers": [named("a", none(), none(), None)] }), (Some(2), None, None)),
        (
            "guaranteed",
            json!({ "containers": [named("a", both("1", "1Gi"), both("1", "1Gi"), None)] }),
            (Some(1024), Some(100_000), Some(1 << 30)),
        ),
        (
            "burstable, all limited",
            json!({ "containers": [
                named("a", cpu("100m"), both("1", "1Gi"), None),
                named("b", cpu("100m"), both("1", "1Gi"), None),
            ] }),
            (Some(204), Some(200_000), Some(2 << 30)),
        ),
        (
            "burstable, one without a limit",
            json!({ "containers": [named("a", cpu("100m"), both("1", "1Gi"), None), named("b", cpu("100m"), none(), None)] }),
            (Some(204), None, None),
        ),
        (
            "an init container that needs more than the main ones",
            json!({
                "containers": [named("a", cpu("100m"), none(), None)],
                "initContainers": [named("i", cpu("1"), none(), None)],
            }),
            (Some(1024), None, None),
        ),
        (
            "sidecars run beside the main containers",
            json!({
                "containers": [named("a", cpu("500m"), none(), None)],
                "initContainers": [named("s", cpu("500m"), none(), Some("Always"))],
            }),
            (Some(1024), None, None),
        ),
        (
            "and beside the init containers after them",
            json!({
                "containers": [named("a", none(), none(), None)],
                "initContainers": [named("s", cpu("500m"), none(), Some("Always")), named("i", cpu("500m"), none(), None)],
            }),
            (Some(1024), None, None),
        ),
        (
            "overhead is added",
            json!({ "containers": [named("a", cpu("500m"), none(), None)], "overhead": cpu("500m") }),
            (Some(1024), None, None),
        ),
        (
            "resources of the pod itself",
            json!({
                "containers": [named("a", none(), none(), None)],
                "resources": { "requests": both("1", "1Gi"), "limits": both("2", "1Gi") },
            }),
            (Some(1024), Some(200_000), Some(1 << 30)),
        ),
    ];
    for (name, spec, expected) in cases {
        let spec = serde_json::from_value(spec).unwrap();
        assert_eq!(numbers(&of_pod(&spec)), expected, "{name}");
    }
}
