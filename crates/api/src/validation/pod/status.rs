//! Changes of a pod's status that the node should never make.

use std::{collections::HashSet, net::IpAddr};

use k8s_openapi::api::core::v1::{ContainerStatus, Pod, PodSpec, PodStatus};
use serde_json::json;

use super::{annotations::annotations_update, containers::is_sidecar};
use crate::{
    field::{Error, ErrorList, Path, invalid_each},
    validation::{format, metadata, text},
};

/// A pod's status as the successor of another (`ValidatePodStatusUpdate`).
pub fn validate_status_update(new: &Pod, old: &Pod) -> ErrorList {
    let path = Path::new("metadata");
    let mut errors = ErrorList::new();
    errors.extend(annotations_update(&new.metadata, &old.metadata, &path.child("annotations")));
    let (spec, old_spec) = (new.spec.clone().unwrap_or_default(), old.spec.clone().unwrap_or_default());
    let (new, old) = (new.status.clone().unwrap_or_default(), old.status.clone().unwrap_or_default());
    errors.extend(conditions(&new, &path.child("conditions")));
    let path = Path::new("status");
    if spec.node_name != old_spec.node_name {
        errors.push(Error::forbidden(&path.child("nodeName"), "may not be changed directly"));
    }
    let nominated = text(new.nominated_node_name.as_ref());
    if new.nominated_node_name != old.nominated_node_name && !nominated.is_empty() {
        let path = path.child("nominatedNodeName");
        errors.extend(invalid_each(&path, nominated, format::dns1123_subdomain(nominated)));
    }
    errors.extend(metadata::immutable(&json!(new.qos_class), &json!(old.qos_class), &path.child("qosClass")));
    errors.extend(transitions(&new, &old, &old_spec, &path));
    errors.extend(resource_claims(&new, &spec, &path.child("resourceClaimStatuses")));
    let pod_ips: Vec<&str> = new.pod_ips.iter().flatten().map(|entry| entry.ip.as_str()).collect();
    errors.extend(addresses(&pod_ips, &path.child("podIPs")));
    let host_ips: Vec<&str> = new.host_ips.iter().flatten().map(|entry| entry.ip.as_str()).collect();
    let host_path = path.child("hostIPs");
    if let Some(first) = host_ips.first().filter(|first| **first != text(new.host_ip.as_ref())) {
        errors.push(Error::invalid(&host_path.index(0).child("ip"), *first, "must be equal to `hostIP`"));
    }
    errors.extend(addresses(&host_ips, &host_path));
    errors
}

fn conditions(status: &PodStatus, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (index, condition) in status.conditions.iter().flatten().enumerate() {
        let path = path.index(index).child("Type");
        errors.extend(invalid_each(&path, &condition.type_, format::qualified_name(&condition.type_)));
    }
    errors
}

/// A container that is not to restart stays terminated.
fn transitions(new: &PodStatus, old: &PodStatus, spec: &PodSpec, path: &Path) -> ErrorList {
    let policy = text(spec.restart_policy.as_ref());
    let mut errors = ErrorList::new();
    let lists = [
        ("containerStatuses", &new.container_statuses, &old.container_statuses, policy),
        ("initContainerStatuses", &new.init_container_statuses, &old.init_container_statuses, policy),
        ("ephemeralContainerStatuses", &new.ephemeral_container_statuses, &old.ephemeral_container_statuses, "Never"),
    ];
    for (list, new, old, policy) in lists {
        for (index, old) in old.iter().flatten().enumerate() {
            let revived = |new: &ContainerStatus| new.name == old.name && exit_code(new).is_none();
            if may_not_restart(old, policy, spec) && new.iter().flatten().any(revived) {
                let path = path.child(list).index(index).child("state");
                errors.push(Error::forbidden(&path, "may not be transitioned to non-terminated state"));
            }
        }
    }
    errors
}

fn exit_code(status: &ContainerStatus) -> Option<i32> {
    Some(status.state.as_ref()?.terminated.as_ref()?.exit_code)
}

fn may_not_restart(status: &ContainerStatus, policy: &str, spec: &PodSpec) -> bool {
    let Some(exit_code) = exit_code(status) else { return false };
    let mut containers = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    let container = containers.find(|container| container.name == status.name);
    if container.is_some_and(|container| is_sidecar(container) || container.restart_policy_rules.is_some()) {
        return false;
    }
    match container.and_then(|container| container.restart_policy.as_deref()).unwrap_or(policy) {
        "Always" => false,
        "OnFailure" => exit_code == 0,
        _ => true,
    }
}

fn resource_claims(status: &PodStatus, spec: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut names = HashSet::new();
    for (index, claim) in status.resource_claim_statuses.iter().flatten().enumerate() {
        let path = path.index(index).child("name");
        if !spec.resource_claims.iter().flatten().any(|known| known.name == claim.name) {
            let detail = "must match the name of an entry in `spec.resourceClaims`";
            errors.push(Error::invalid(&path, claim.name.as_str(), detail));
        }
        if !names.insert(claim.name.as_str()) {
            errors.push(Error::duplicate(&path, claim.name.as_str()));
        }
    }
    errors
}

/// At most one address of each family.
fn addresses(addresses: &[&str], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut seen = HashSet::new();
    for (index, address) in addresses.iter().enumerate() {
        errors.extend(invalid_each(&path.index(index), address, format::ip(address)));
        if !seen.insert(*address) {
            errors.push(Error::duplicate(&path.index(index), json!({"ip": address})));
        }
    }
    let parsed: Vec<IpAddr> = addresses.iter().filter_map(|address| address.parse().ok()).collect();
    let of_version_4 = parsed.iter().filter(|address| address.is_ipv4()).count();
    if of_version_4 > 1 || parsed.len() - of_version_4 > 1 {
        let value = json!(addresses.iter().map(|address| json!({"ip": address})).collect::<Vec<_>>());
        errors.push(Error::invalid(path, value, "may specify no more than one IP for each IP family"));
    }
    errors
}
