//! Claims made for a pod: those from templates (KEP-4381), and the one for extended resources (KEP-5004).

use crate::validation::text;
use k8s_openapi::api::core::v1::{PodSpec, PodStatus};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};
use std::collections::HashSet;

const NO_CONTAINER: &str = "must match the name of an entry in spec.initContainers.name or spec.containers.name";
const NO_RESOURCE: &str = "must match the extended resource name of an entry in \
                           spec.initContainers.resources.requests or spec.containers.resources.requests";

/// `resourceClaimStatuses`.
pub fn resource_claims(status: &PodStatus, spec: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut names = HashSet::new();
    for (index, claim) in status.resource_claim_statuses.iter().flatten().enumerate() {
        let path = path.index(index);
        let name_path = path.child("name");
        if !spec.resource_claims.iter().flatten().any(|known| known.name == claim.name) {
            let detail = "must match the name of an entry in `spec.resourceClaims`";
            errors.push(Error::invalid(&name_path, claim.name.as_str(), detail));
        }
        if !names.insert(claim.name.as_str()) {
            errors.push(Error::duplicate(&name_path, claim.name.as_str()));
        }
        if claim.resource_claim_name.is_some() {
            let name = text(claim.resource_claim_name.as_ref());
            errors.extend(invalid_each(&path.child("resourceClaimName"), name, format::dns1123_subdomain(name)));
        }
    }
    errors
}

/// `extendedResourceClaimStatus`.
pub fn extended_resource_claim(status: &PodStatus, spec: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let Some(claim) = &status.extended_resource_claim_status else { return errors };
    let mappings_path = path.child("requestMappings");
    if claim.request_mappings.is_empty() {
        errors.push(Error::required(&mappings_path, "at least one request mapping is required"));
    }
    let mut seen = HashSet::new();
    for (index, mapping) in claim.request_mappings.iter().enumerate() {
        let item = mappings_path.index(index);
        let (container_path, resource_path) = (item.child("containerName"), item.child("resourceName"));
        let (container, resource) = (mapping.container_name.as_str(), mapping.resource_name.as_str());
        let request = mapping.request_name.as_str();
        let mut containers = spec.containers.iter().chain(spec.init_containers.iter().flatten());
        match containers.find(|known| known.name == container) {
            None => errors.push(Error::invalid(&container_path, container, NO_CONTAINER)),
            Some(known) => {
                let requests = known.resources.as_ref().and_then(|resources| resources.requests.as_ref());
                if !requests.is_some_and(|requests| requests.contains_key(resource)) {
                    errors.push(Error::invalid(&resource_path, resource, NO_RESOURCE));
                }
            }
        }
        errors.extend(invalid_each(&path.child("requestName"), request, format::dns1123_label(request)));
        if !seen.insert((container, resource, request)) {
            errors.push(Error::duplicate(&container_path, container));
            errors.push(Error::duplicate(&resource_path, resource));
            errors.push(Error::duplicate(&item.child("requestName"), request));
        }
    }
    let (name, name_path) = (claim.resource_claim_name.as_str(), path.child("resourceClaimName"));
    if name.is_empty() {
        errors.push(Error::required(&name_path, ""));
    } else {
        errors.extend(invalid_each(&name_path, name, format::dns1123_subdomain(name)));
    }
    errors
}
