//! Which of a pod's containers are what.

use k8s_openapi::api::core::v1::{Container, PodSpec};

/// Whether an init container is a sidecar: it goes on running beside the others (KEP-753).
#[must_use]
pub fn is_sidecar(init_container: &Container) -> bool {
    init_container.restart_policy.as_deref() == Some("Always")
}

/// The containers that run side by side once the pod is initialized: the main ones, then the sidecars.
pub fn side_by_side(spec: &PodSpec) -> impl Iterator<Item = &Container> {
    let sidecars = spec.init_containers.iter().flatten().filter(|container| is_sidecar(container));
    spec.containers.iter().chain(sidecars)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sidecars_run_beside_the_containers_and_init_containers_do_not() {
        let spec = json!({
            "initContainers": [{ "name": "i" }, { "name": "s", "restartPolicy": "Always" }],
            "containers": [{ "name": "a" }, { "name": "b", "restartPolicy": "Never" }],
        });
        let spec: PodSpec = serde_json::from_value(spec).unwrap();
        assert_eq!(side_by_side(&spec).map(|container| &container.name).collect::<Vec<_>>(), ["a", "b", "s"]);
    }
}
