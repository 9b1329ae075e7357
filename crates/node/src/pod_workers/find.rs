//! Looking things up in a pod's spec.

use crate::{container::ephemeral::as_container, naming::container_reference};
use k8s_openapi::api::core::v1::{Container, ObjectReference, Pod};

/// A container of whichever sort, with a reference to it for events.
pub fn find_container(pod: &Pod, name: &str) -> Option<(Container, ObjectReference)> {
    let spec = pod.spec.as_ref()?;
    let named = |containers: &[Container]| containers.iter().find(|container| container.name == name).cloned();
    let init = spec.init_containers.as_deref().unwrap_or_default();
    let ephemeral = || spec.ephemeral_containers.iter().flatten().find(|container| container.name == name);
    let (container, field) = named(&spec.containers)
        .map(|container| (container, "containers"))
        .or_else(|| named(init).map(|container| (container, "initContainers")))
        .or_else(|| ephemeral().map(|container| (as_container(container), "ephemeralContainers")))?;
    Some((container, container_reference(pod, field, name)))
}

/// Whether the pod uses the node's own network.
pub fn has_host_network(pod: &Pod) -> bool {
    pod.spec.as_ref().and_then(|spec| spec.host_network).unwrap_or_default()
}
