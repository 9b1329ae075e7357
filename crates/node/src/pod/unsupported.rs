//! What a pod asks for that this node does not do (yet): it runs without, and is told so.

use k8s_openapi::api::core::v1::{Container, Pod};

/// A sentence that names it; `None` if the pod gets all it asks for.
#[must_use]
pub fn unsupported(pod: &Pod) -> Option<String> {
    let spec = pod.spec.as_ref()?;
    let containers = spec.init_containers.iter().flatten().chain(&spec.containers);
    let missing: Vec<_> = containers.flat_map(missing_of).collect();
    let list = missing.join(", ");
    (!missing.is_empty()).then(|| format!("minke does not do this yet, and the pod runs without it: {list}"))
}

fn missing_of(container: &Container) -> impl Iterator<Item = String> {
    let lifecycle = container.lifecycle.as_ref();
    let has_host_port = container.ports.iter().flatten().any(|port| port.host_port.is_some_and(|port| port != 0));
    let asked = [
        (container.liveness_probe.is_some(), "livenessProbe"),
        (container.readiness_probe.is_some(), "readinessProbe"),
        (container.startup_probe.is_some(), "startupProbe"),
        (lifecycle.is_some_and(|lifecycle| lifecycle.post_start.is_some()), "lifecycle.postStart"),
        (lifecycle.is_some_and(|lifecycle| lifecycle.pre_stop.is_some()), "lifecycle.preStop"),
        (has_host_port, "hostPort"),
    ];
    asked
        .into_iter()
        .filter(|(is_asked, _)| *is_asked)
        .map(|(_, field)| format!("{field} of container {}", container.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_out_is_named() {
        let exec = json!({ "exec": { "command": ["true"] } });
        for (container, expected) in [
            (json!({ "name": "a", "ports": [{ "containerPort": 80 }], "lifecycle": { "stopSignal": "SIGINT" } }), None),
            (
                json!({ "name": "a", "readinessProbe": exec, "lifecycle": { "preStop": exec } }),
                Some("readinessProbe of container a, lifecycle.preStop of container a"),
            ),
            (
                json!({ "name": "b", "ports": [{ "containerPort": 80, "hostPort": 80 }] }),
                Some("hostPort of container b"),
            ),
        ] {
            let pod = serde_json::from_value(json!({ "spec": { "containers": [container] } })).unwrap();
            let expected =
                expected.map(|list| format!("minke does not do this yet, and the pod runs without it: {list}"));
            assert_eq!(unsupported(&pod), expected, "{container}");
        }
    }
}
