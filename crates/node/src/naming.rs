//! How pods, containers and the node are named in messages and events.

use k8s_openapi::api::core::v1::{ObjectReference, Pod};

/// A pod as the kubelet names it in messages: `name_namespace(uid)`.
pub fn describe(pod: &Pod) -> String {
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    let metadata = &pod.metadata;
    format!("{}_{}({})", text(&metadata.name), text(&metadata.namespace), text(&metadata.uid))
}

/// The object an event is about, as an `ObjectReference`.
pub fn pod_reference(pod: &Pod) -> ObjectReference {
    ObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("Pod".to_owned()),
        name: pod.metadata.name.clone(),
        namespace: pod.metadata.namespace.clone(),
        uid: pod.metadata.uid.clone(),
        resource_version: pod.metadata.resource_version.clone(),
        ..ObjectReference::default()
    }
}

/// The node itself; as with the kubelet, its name stands for its uid.
pub fn node_reference(name: &str) -> ObjectReference {
    ObjectReference {
        kind: Some("Node".to_owned()),
        name: Some(name.to_owned()),
        uid: Some(name.to_owned()),
        ..ObjectReference::default()
    }
}

/// A reference to one container of a pod: `field` is `containers`, `initContainers` or `ephemeralContainers`.
pub fn container_reference(pod: &Pod, field: &str, container: &str) -> ObjectReference {
    ObjectReference { field_path: Some(format!("spec.{field}{{{container}}}")), ..pod_reference(pod) }
}
