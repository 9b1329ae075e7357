//! Resource requests and limits.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use k8s_openapi::{
    api::core::v1::{Container, PodSpec, ResourceClaim, ResourceRequirements},
    apimachinery::pkg::api::resource::Quantity as RawQuantity,
};

use crate::{
    field::{Error, ErrorList, Path, invalid_each},
    quantity::Quantity,
    validation::format,
};

type ResourceList = BTreeMap<String, RawQuantity>;

const HUGE_PAGES: &str = "hugepages-";
const NOT_NEGATIVE: &str = "must be greater than or equal to 0";
/// Names without a domain that Kubernetes gives a meaning.
const STANDARD: [&str; 12] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "requests.storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
];
const RESIZE_POLICIES: [&str; 2] = ["NotRequired", "RestartContainer"];

/// The resources of a container; `claims` are the names of the pod's resource claims.
pub fn container_resources(resources: &ResourceRequirements, claims: &BTreeSet<&str>, path: &Path) -> ErrorList {
    let mut errors = requirements(resources, container_resource_name, path);
    errors.extend(resource_claims(resources.claims.as_deref().unwrap_or_default(), claims, &path.child("claims")));
    errors
}

/// The resources of a pod as a whole (KEP-2837).
pub fn pod_resources(resources: &ResourceRequirements, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if resources.claims.is_some() {
        let detail = "claims cannot be set for Resources at pod-level";
        errors.push(Error::forbidden(&path.child("claims"), detail));
    }
    errors.extend(requirements(resources, pod_resource_name, path));
    errors
}

/// What running the pod costs beside its containers (KEP-688).
pub fn overhead(overhead: &ResourceList, path: &Path) -> ErrorList {
    let limits = ResourceRequirements { limits: Some(overhead.clone()), ..ResourceRequirements::default() };
    requirements(&limits, container_resource_name, path)
}

fn requirements(
    resources: &ResourceRequirements,
    validate_name: fn(&str, &Path) -> ErrorList,
    path: &Path,
) -> ErrorList {
    let mut errors = ErrorList::new();
    let none = ResourceList::new();
    let limits = resources.limits.as_ref().unwrap_or(&none);
    let requests = resources.requests.as_ref().unwrap_or(&none);
    let (limits_path, requests_path) = (path.child("limits"), path.child("requests"));
    for (name, quantity) in limits {
        let path = limits_path.key(name);
        errors.extend(validate_name(name, &path));
        errors.extend(resource_quantity(name, quantity, &path));
        errors.extend(huge_pages_quantity(name, quantity, &path));
    }
    for (name, quantity) in requests {
        let path = requests_path.key(name);
        errors.extend(validate_name(name, &path));
        errors.extend(resource_quantity(name, quantity, &path));
        errors.extend(against_limit(name, quantity, limits.get(name), &limits_path, &requests_path));
        errors.extend(huge_pages_quantity(name, quantity, &path));
    }
    let has = |wanted: fn(&str) -> bool| limits.keys().chain(requests.keys()).any(|name| wanted(name));
    if has(|name| name.starts_with(HUGE_PAGES)) && !has(|name| name == "cpu" || name == "memory") {
        errors.push(Error::forbidden(path, "HugePages require cpu or memory"));
    }
    errors
}

/// What cannot be shared has to be requested exactly as far as it may be used.
fn against_limit(
    name: &str,
    request: &RawQuantity,
    limit: Option<&RawQuantity>,
    limits_path: &Path,
    requests_path: &Path,
) -> Option<Error> {
    let shareable = is_native(name) && !name.starts_with(HUGE_PAGES);
    let Some(limit) = limit else {
        let detail = "Limit must be set for non overcommitable resources";
        return (!shareable).then(|| Error::required(limits_path, detail));
    };
    let request: Quantity = request.0.parse().ok()?;
    let limit: Quantity = limit.0.parse().ok()?;
    let relation = if !shareable && request != limit {
        "equal to"
    } else if request > limit {
        "less than or equal to"
    } else {
        return None;
    };
    let detail = format!("must be {relation} {name} limit of {limit}");
    Some(Error::invalid(requests_path, request.to_string(), detail))
}

/// A quantity of a resource: not negative, and whole where the resource is counted.
pub fn resource_quantity(name: &str, quantity: &RawQuantity, path: &Path) -> Option<Error> {
    let Ok(quantity) = quantity.0.parse::<Quantity>() else {
        return Some(Error::invalid(path, quantity.0.as_str(), "must be a valid resource quantity"));
    };
    if quantity.is_negative() {
        return Some(Error::invalid(path, quantity.to_string(), NOT_NEGATIVE));
    }
    let counted = is_extended(name) || name == "pods";
    (counted && !quantity.is_integer()).then(|| Error::invalid(path, quantity.to_string(), "must be an integer"))
}

fn huge_pages_quantity(name: &str, quantity: &RawQuantity, path: &Path) -> Option<Error> {
    let size: Quantity = name.strip_prefix(HUGE_PAGES)?.parse().ok()?;
    let quantity: Quantity = quantity.0.parse().ok()?;
    let (size, amount) = (size.value(), quantity.value());
    if size > 0 && amount % size == 0 {
        return None;
    }
    let detail = format!("{quantity} is not positive integer multiple of {name}");
    Some(Error::invalid(path, quantity.to_string(), detail))
}

fn resource_name(name: &str, path: &Path) -> ErrorList {
    let errors: ErrorList = invalid_each(path, name, format::qualified_name(name)).collect();
    if errors.is_empty() && !name.contains('/') && !STANDARD.contains(&name) && !name.starts_with(HUGE_PAGES) {
        return vec![Error::invalid(path, name, "must be a standard resource type or fully qualified")];
    }
    errors
}

fn container_resource_name(name: &str, path: &Path) -> ErrorList {
    let mut errors = resource_name(name, path);
    if !name.contains('/') {
        if !matches!(name, "cpu" | "memory" | "ephemeral-storage") && !name.starts_with(HUGE_PAGES) {
            errors.push(Error::invalid(path, name, "must be a standard resource for containers"));
        }
    } else if !is_native(name) && !is_extended(name) {
        errors.push(Error::invalid(path, name, "doesn't follow extended resource name standard"));
    }
    errors
}

fn pod_resource_name(name: &str, path: &Path) -> ErrorList {
    let errors = resource_name(name, path);
    if errors.is_empty() && !matches!(name, "cpu" | "memory") && !name.starts_with(HUGE_PAGES) {
        return vec![Error::not_supported(path, name, &["cpu", "hugepages-", "memory"])];
    }
    errors
}

/// Resources of Kubernetes itself, as opposed to those of device plugins.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

fn is_extended(name: &str) -> bool {
    !is_native(name) && !name.starts_with("requests.") && format::qualified_name(&format!("requests.{name}")).is_empty()
}

fn resource_claims(claims: &[ResourceClaim], known: &BTreeSet<&str>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut names = HashSet::new();
    for (index, claim) in claims.iter().enumerate() {
        let path = path.index(index);
        if claim.name.is_empty() {
            errors.push(Error::required(&path, ""));
            continue;
        }
        let key =
            claim.request.as_ref().map_or_else(|| claim.name.clone(), |request| format!("{}/{request}", claim.name));
        if !names.insert(key.clone()) {
            errors.push(Error::duplicate(&path, key));
        }
        if !known.contains(claim.name.as_str()) {
            let mut error = Error::not_found(&path, claim.name.as_str());
            let names: Vec<&str> = known.iter().copied().collect();
            "must be one of the names in pod.spec.resourceClaims".clone_into(&mut error.detail);
            let rest = if names.is_empty() { " which is empty".to_owned() } else { format!(": {}", names.join(", ")) };
            error.detail.push_str(&rest);
            errors.push(error);
        }
    }
    errors
}

/// `spec.resourceClaims`.
pub fn pod_resource_claims(spec: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut names = HashSet::new();
    for (index, claim) in spec.resource_claims.iter().flatten().enumerate() {
        let path = path.index(index);
        if claim.name.is_empty() {
            errors.push(Error::required(&path.child("name"), ""));
        } else if names.insert(claim.name.as_str()) {
            errors.extend(invalid_each(&path.child("name"), &claim.name, format::dns1123_label(&claim.name)));
        } else {
            errors.push(Error::duplicate(&path.child("name"), claim.name.as_str()));
        }
        let detail = match (&claim.resource_claim_name, &claim.resource_claim_template_name) {
            (Some(_), Some(_)) => "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified",
            (None, None) => "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`",
            _ => continue,
        };
        errors.push(Error::invalid(&path, serde_json::json!(claim), detail));
    }
    errors
}

/// `resizePolicy` of a container.
pub fn resize_policy(container: &Container, restart_policy: &str, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut resources = HashSet::new();
    for (index, policy) in container.resize_policy.iter().flatten().enumerate() {
        let (resource, restart) = (policy.resource_name.as_str(), policy.restart_policy.as_str());
        if !resources.insert(resource) {
            errors.push(Error::duplicate(&path.index(index), resource));
        }
        match resource {
            "cpu" | "memory" => {}
            "" => errors.push(Error::required(path, "")),
            other => errors.push(Error::not_supported(path, other, &["cpu", "memory"])),
        }
        match restart {
            "" => errors.push(Error::required(path, "")),
            known if RESIZE_POLICIES.contains(&known) => {}
            other => errors.push(Error::not_supported(path, other, &RESIZE_POLICIES)),
        }
        if restart_policy == "Never" && restart != "NotRequired" {
            let detail = "must be 'NotRequired' when `restartPolicy` is 'Never'";
            errors.push(Error::invalid(path, restart, detail));
        }
    }
    errors
}
