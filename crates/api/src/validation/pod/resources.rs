//! Resource requests and limits.

use super::claims::claim_names;
use crate::pod::resources::{aggregate_limits, aggregate_requests, quantities};
use k8s_openapi::{
    api::core::v1::{PodSpec, ResourceRequirements},
    apimachinery::pkg::api::resource::Quantity as RawQuantity,
};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
    quantity::Quantity,
};
use std::collections::{BTreeMap, BTreeSet};

type ResourceList = BTreeMap<String, RawQuantity>;

const HUGE_PAGES: &str = "hugepages-";
const NOT_NEGATIVE: &str = "must be greater than or equal to 0";
/// Names without a domain that Kubernetes gives a meaning.
const STANDARD: [&str; 11] = [
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
];
/// Those of them that count objects.
const COUNTED: [&str; 9] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];

/// The resources of a container; `claims` are the names of the pod's resource claims.
pub fn container_resources(resources: &ResourceRequirements, claims: &BTreeSet<&str>, path: &Path) -> ErrorList {
    let mut errors = requirements(resources, container_resource_name, path);
    errors.extend(claim_names(resources.claims.as_deref().unwrap_or_default(), claims, &path.child("claims")));
    errors
}

/// The resources of a pod as a whole (KEP-2837); `claims` are the names of its resource claims.
pub fn pod_resources(spec: &PodSpec, claims: &BTreeSet<&str>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let Some(resources) = &spec.resources else { return errors };
    if spec.os.as_ref().is_some_and(|os| os.name == "windows") {
        return vec![Error::forbidden(path, "may not be set for a windows pod")];
    }
    let claims_path = path.child("claims");
    if resources.claims.is_some() {
        errors.push(Error::forbidden(&claims_path, "claims may not be set for Resources at pod-level"));
    }
    errors.extend(requirements(resources, pod_resource_name, path));
    errors.extend(claim_names(resources.claims.as_deref().unwrap_or_default(), claims, &claims_path));
    errors.extend(room_for_containers(spec, resources, path));
    errors
}

/// The containers' requests together, and the limits of each, fit into the pod's. Huge pages cannot be shared.
fn room_for_containers(spec: &PodSpec, resources: &ResourceRequirements, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let requests = quantities(resources.requests.as_ref());
    let limits = quantities(resources.limits.as_ref());
    for (name, total) in aggregate_requests(spec) {
        if let Some(request) = requests.get(&name).filter(|request| total > **request) {
            let detail = format!("must be greater than or equal to aggregate container requests of {total}");
            errors.push(Error::invalid(&path.child("requests").key(&name), request.to_string(), detail));
        }
    }
    for (name, total) in aggregate_limits(spec).into_iter().filter(|(name, _)| name.starts_with(HUGE_PAGES)) {
        if let Some(limit) = limits.get(&name).filter(|limit| total > **limit) {
            let detail = format!("must be greater than or equal to aggregate container limits of {total}");
            errors.push(Error::invalid(&path.child("limits").key(&name), limit.to_string(), detail));
        }
    }
    for (index, container) in spec.containers.iter().enumerate() {
        let own = container.resources.as_ref().and_then(|resources| resources.limits.as_ref());
        for (name, limit) in quantities(own) {
            if let Some(of_pod) = limits.get(&name).filter(|of_pod| limit > **of_pod) {
                let path = path.child("containers").index(index).key(&name).child("limits");
                let detail = format!("must be less than or equal to pod limits of {of_pod}");
                errors.push(Error::invalid(&path, limit.to_string(), detail));
            }
        }
    }
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
pub fn resource_quantity(name: &str, quantity: &RawQuantity, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let Ok(quantity) = quantity.0.parse::<Quantity>() else {
        return vec![Error::invalid(path, quantity.0.as_str(), "must be a valid resource quantity")];
    };
    if quantity.is_negative() {
        errors.push(Error::invalid(path, quantity.to_string(), NOT_NEGATIVE));
    }
    // What is less than a thousandth short of an integer is taken for it.
    let whole = quantity.is_integer() || quantity.milli_value() % 1000 == 0;
    if !whole && (is_extended(name) || COUNTED.contains(&name)) {
        errors.push(Error::invalid(path, quantity.to_string(), "must be an integer"));
    }
    errors
}

fn huge_pages_quantity(name: &str, quantity: &RawQuantity, path: &Path) -> Option<Error> {
    let size: Option<Quantity> = name.strip_prefix(HUGE_PAGES)?.parse().ok();
    let quantity: Quantity = quantity.0.parse().ok()?;
    let size = size.filter(|size| size.is_integer()).unwrap_or_default().value();
    if size > 0 && quantity.value() % size == 0 {
        return None;
    }
    let detail = format!("{quantity} is not positive integer multiple of {name}");
    Some(Error::invalid(path, quantity.to_string(), detail))
}

fn resource_name(name: &str, path: &Path) -> ErrorList {
    let errors: ErrorList = invalid_each(path, name, format::qualified_name(name)).collect();
    let standard = STANDARD.contains(&name) || COUNTED.contains(&name) || name.starts_with(HUGE_PAGES);
    if errors.is_empty() && !name.contains('/') && !standard {
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
