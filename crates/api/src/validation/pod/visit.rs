//! All containers of a pod, in the order Kubernetes visits them in (`pkg/apis/core/pods/helpers.go`).

use k8s_openapi::api::core::v1::{EnvVar, PodSpec, SecurityContext, VolumeDevice};
use machinery::field::Path;

/// What checks of a pod as a whole look at in a container of any sort.
pub struct Visited<'pod> {
    pub path: Path,
    pub name: &'pod str,
    pub security: Option<&'pod SecurityContext>,
    pub env: &'pod [EnvVar],
    pub devices: &'pod [VolumeDevice],
}

/// Init containers, containers, ephemeral containers.
pub fn visit<'pod>(spec: &'pod PodSpec, path: &Path) -> Vec<Visited<'pod>> {
    let init_containers = spec.init_containers.as_deref().unwrap_or_default();
    let mut visited = Vec::new();
    for (list, containers) in [("initContainers", init_containers), ("containers", spec.containers.as_slice())] {
        visited.extend(containers.iter().enumerate().map(|(index, container)| Visited {
            path: path.child(list).index(index),
            name: &container.name,
            security: container.security_context.as_ref(),
            env: container.env.as_deref().unwrap_or_default(),
            devices: container.volume_devices.as_deref().unwrap_or_default(),
        }));
    }
    let ephemeral = spec.ephemeral_containers.iter().flatten().enumerate();
    visited.extend(ephemeral.map(|(index, container)| Visited {
        path: path.child("ephemeralContainers").index(index),
        name: &container.name,
        security: container.security_context.as_ref(),
        env: container.env.as_deref().unwrap_or_default(),
        devices: container.volume_devices.as_deref().unwrap_or_default(),
    }));
    visited
}
