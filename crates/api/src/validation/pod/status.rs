//! What a node and controllers may say of a pod, and what changes of it make no sense.

mod addresses;
mod claims;
mod containers;
mod transitions;

use self::{
    addresses::{host_addresses, pod_addresses},
    claims::{extended_resource_claim, resource_claims},
    containers::{allocated_resources, no_allocated_resources, users},
    transitions::transitions,
};
use super::annotations::{annotations, annotations_update};
use crate::validation::{metadata, text};
use k8s_openapi::api::core::v1::{Pod, PodCondition};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};
use serde_json::json;

const NOT_NEGATIVE: &str = "must be a non-negative integer";
/// Conditions of Kubernetes itself, whose names predate the rules for names.
const SYSTEM_CONDITIONS: [&str; 3] = ["Initialized", "PodScheduled", "Ready"];

/// A pod's status as the successor of another (`ValidatePodStatusUpdate`).
pub fn validate_status_update(new: &Pod, old: &Pod) -> ErrorList {
    let path = Path::new("metadata").child("annotations");
    let (spec, old_spec) = (new.spec.clone().unwrap_or_default(), old.spec.clone().unwrap_or_default());
    let mut errors = annotations_update(&new.metadata, &old.metadata, &path);
    errors.extend(annotations(&new.metadata, &spec, &path));
    let (new, old) = (new.status.clone().unwrap_or_default(), old.status.clone().unwrap_or_default());
    let path = Path::new("status");
    errors.extend(conditions(new.conditions.as_deref().unwrap_or_default(), &path.child("conditions")));
    if spec.node_name != old_spec.node_name {
        errors.push(Error::forbidden(&path.child("nodeName"), "may not be changed directly"));
    }
    let nominated = text(new.nominated_node_name.as_ref());
    if new.nominated_node_name != old.nominated_node_name && !nominated.is_empty() {
        let path = path.child("nominatedNodeName");
        errors.extend(invalid_each(&path, nominated, format::dns1123_subdomain(nominated)));
        if !text(old_spec.node_name.as_ref()).is_empty() {
            errors.push(Error::forbidden(&path, "may not be set on pods that are already bound to a node"));
        }
    }
    errors.extend(not_negative(new.observed_generation, &path));
    errors.extend(metadata::immutable(&json!(new.qos_class), &json!(old.qos_class), &path.child("qosClass")));
    errors.extend(transitions(&new, &old, &old_spec, &path));
    errors.extend(resource_claims(&new, &spec, &path.child("resourceClaimStatuses")));
    errors.extend(extended_resource_claim(&new, &spec, &path.child("extendedResourceClaimStatus")));
    errors.extend(pod_addresses(&new, &old, &path));
    errors.extend(host_addresses(&new, &old, &path));
    let os = spec.os.as_ref().map_or("linux", |os| os.name.as_str());
    let of_containers = (path.child("containerStatuses"), new.container_statuses.as_deref().unwrap_or_default());
    let of_init = (path.child("initContainerStatuses"), new.init_container_statuses.as_deref().unwrap_or_default());
    let of_ephemeral =
        (path.child("ephemeralContainerStatuses"), new.ephemeral_container_statuses.as_deref().unwrap_or_default());
    for (path, statuses) in [&of_containers, &of_init, &of_ephemeral] {
        errors.extend(users(statuses, os, path));
    }
    let extended = new.extended_resource_claim_status.as_ref();
    errors.extend(allocated_resources(of_containers.1, &spec.containers, extended, &of_containers.0));
    let init_containers = spec.init_containers.as_deref().unwrap_or_default();
    errors.extend(allocated_resources(of_init.1, init_containers, extended, &of_init.0));
    errors.extend(no_allocated_resources(of_ephemeral.1, &of_ephemeral.0));
    errors
}

fn conditions(conditions: &[PodCondition], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (index, condition) in conditions.iter().enumerate() {
        let path = path.index(index);
        errors.extend(not_negative(condition.observed_generation, &path));
        let name = condition.type_.as_str();
        if !SYSTEM_CONDITIONS.contains(&name) {
            errors.extend(invalid_each(&path.child("Type"), name, format::qualified_name(name)));
        }
    }
    errors
}

fn not_negative(generation: Option<i64>, path: &Path) -> Option<Error> {
    let generation = generation.filter(|generation| *generation < 0)?;
    Some(Error::invalid(&path.child("observedGeneration"), generation, NOT_NEGATIVE))
}
