//! What a node says of containers: who they run as (KEP-3619) and how the devices given to them are (KEP-4680).

use crate::validation::text;
use k8s_openapi::api::core::v1::{
    Container, ContainerStatus, LinuxContainerUser, PodExtendedResourceClaimStatus, ResourceHealth,
};
use machinery::{
    field::{Error, ErrorList, Path},
    format,
    quantity::Quantity,
};
use std::collections::HashSet;

const HEALTH: [&str; 3] = ["Healthy", "Unhealthy", "Unknown"];
const MAX_MESSAGE: usize = 1024;
const NO_CLAIM: &str = "must match one of the container's resource claims as 'claim:<claimName>/<requestName>' when \
                        container.resources.claims[*].request is set or 'claim:<claimName>' when it is empty";
const NO_REQUEST: &str = "must match one of the container's resource requests";

/// `user` of each status.
pub fn users(statuses: &[ContainerStatus], os: &str, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (index, status) in statuses.iter().enumerate() {
        let Some(user) = status.user.as_ref().and_then(|user| user.linux.as_ref()) else { continue };
        let path = path.index(index).child("user").child("linux");
        match os {
            "windows" => errors.push(Error::forbidden(&path, "cannot be set for a windows pod")),
            "linux" => errors.extend(linux_user(user, &path)),
            _ => {}
        }
    }
    errors
}

/// An image can name more users than a manifest can.
fn linux_user(user: &LinuxContainerUser, path: &Path) -> ErrorList {
    let check = |path: &Path, id: i64, messages: Vec<String>| -> ErrorList {
        messages.into_iter().map(|message| Error::invalid(path, id, message)).collect()
    };
    let mut errors = check(&path.child("uid"), user.uid, format::in_range(user.uid, 0, i64::from(u32::MAX)));
    errors.extend(check(&path.child("gid"), user.gid, format::identity(user.gid)));
    for (index, group) in user.supplemental_groups.iter().flatten().enumerate() {
        errors.extend(check(&path.child("supplementalGroups").index(index), *group, format::identity(*group)));
    }
    errors
}

/// `allocatedResourcesStatus` of each status: resources that the container asked for.
pub fn allocated_resources(
    statuses: &[ContainerStatus],
    containers: &[Container],
    extended: Option<&PodExtendedResourceClaimStatus>,
    path: &Path,
) -> ErrorList {
    let mut errors = ErrorList::new();
    for (index, status) in statuses.iter().enumerate() {
        let path = path.index(index).child("allocatedResourcesStatus");
        let container = containers.iter().find(|container| container.name == status.name);
        for (index, resource) in status.allocated_resources_status.iter().flatten().enumerate() {
            let (path, name) = (path.index(index), resource.name.as_str());
            let problem = container.and_then(|container| unasked(name, container, extended));
            errors.extend(problem.map(|detail| Error::invalid(&path.child("name"), name, detail)));
            let units = resource.resources.as_deref().unwrap_or_default();
            errors.extend(health(units, &path.child("resources")));
        }
    }
    errors
}

/// Ephemeral containers get no resources.
pub fn no_allocated_resources(statuses: &[ContainerStatus], path: &Path) -> ErrorList {
    let with = |status: &ContainerStatus| status.allocated_resources_status.iter().flatten().next().is_some();
    let found = statuses.iter().enumerate().filter(|(_, status)| with(status));
    let detail = "must not be specified in container status";
    found.map(|(index, _)| Error::forbidden(&path.index(index).child("allocatedResourcesStatus"), detail)).collect()
}

/// What is wrong with the name of a resource that the container did not ask for.
fn unasked(
    name: &str,
    container: &Container,
    extended: Option<&PodExtendedResourceClaimStatus>,
) -> Option<&'static str> {
    let Some(reference) = name.strip_prefix("claim:") else {
        let requests = container.resources.as_ref().and_then(|resources| resources.requests.as_ref());
        return (!requests.is_some_and(|requests| requests.contains_key(name))).then_some(NO_REQUEST);
    };
    let mut claims = container.resources.iter().filter_map(|resources| resources.claims.as_ref()).flatten();
    let known = claims.any(|claim| match text(claim.request.as_ref()) {
        "" => claim.name == reference,
        request => reference.strip_prefix(&claim.name).and_then(|rest| rest.strip_prefix('/')) == Some(request),
    });
    let known = known || extended.is_some_and(|extended| is_extended(reference, container, extended));
    (!known).then_some(NO_CLAIM)
}

fn is_extended(reference: &str, container: &Container, extended: &PodExtendedResourceClaimStatus) -> bool {
    let Some((claim, request)) = reference.split_once('/') else { return false };
    let requested = |resource: &str| {
        let requests = container.resources.as_ref().and_then(|resources| resources.requests.as_ref());
        let quantity = requests.and_then(|requests| requests.get(resource)?.0.parse::<Quantity>().ok());
        quantity.is_some_and(|quantity| quantity != Quantity::default())
    };
    let mut mappings = extended.request_mappings.iter();
    let mapped = mappings.any(|mapping| {
        mapping.container_name == container.name && mapping.request_name == request && requested(&mapping.resource_name)
    });
    !claim.is_empty() && !request.is_empty() && claim == extended.resource_claim_name && mapped
}

fn health(units: &[ResourceHealth], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut ids = HashSet::new();
    for (index, unit) in units.iter().enumerate() {
        let path = path.index(index);
        let health = text(unit.health.as_ref());
        if !HEALTH.contains(&health) {
            errors.push(Error::not_supported(&path.child("health"), health, &HEALTH));
        }
        match unit.message.as_deref() {
            Some("") => errors.push(Error::required(&path.child("message"), "must be non-empty if specified")),
            Some(message) if message.len() > MAX_MESSAGE => {
                errors.push(Error::too_long(&path.child("message"), MAX_MESSAGE));
            }
            _ => {}
        }
        if !ids.insert(unit.resource_id.as_str()) {
            errors.push(Error::duplicate(&path.child("resourceID"), unit.resource_id.as_str()));
        }
    }
    errors
}
