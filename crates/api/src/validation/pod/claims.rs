//! Claims of devices, those of a pod and those its containers use (KEP-4381).

use crate::validation::{text, whole_object};
use k8s_openapi::api::core::v1::{PodResourceClaim, ResourceClaim};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};
use serde_json::json;
use std::collections::{BTreeSet, HashSet};

/// `spec.resourceClaims`. The API's image of a static pod can have none.
pub fn pod_resource_claims(claims: &[PodResourceClaim], is_mirror: bool, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut names = HashSet::new();
    for (index, claim) in claims.iter().enumerate() {
        if is_mirror {
            errors.push(Error::forbidden(&whole_object(), "static pods do not support resource claims"));
            continue;
        }
        let path = path.index(index);
        let name_path = path.child("name");
        if claim.name.is_empty() {
            errors.push(Error::required(&name_path, ""));
        } else if names.insert(claim.name.as_str()) {
            errors.extend(invalid_each(&name_path, &claim.name, format::dns1123_label(&claim.name)));
        } else {
            errors.push(Error::duplicate(&name_path, claim.name.as_str()));
        }
        errors.extend(one_reference(claim, &path));
    }
    errors
}

fn one_reference(claim: &PodResourceClaim, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let (name, template) = (&claim.resource_claim_name, &claim.resource_claim_template_name);
    if name.is_some() && template.is_some() {
        let detail = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
        errors.push(Error::invalid(path, json!(claim), detail));
    }
    if name.is_none() && template.is_none() {
        let detail = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
        errors.push(Error::invalid(path, json!(claim), detail));
    }
    for (field, name) in [("resourceClaimName", name), ("resourceClaimTemplateName", template)] {
        if let Some(name) = name {
            errors.extend(invalid_each(&path.child(field), name, format::dns1123_subdomain(name)));
        }
    }
    errors
}

/// The claims a container uses, whole or one request of them, each once. `known` are the pod's.
pub fn claim_names(claims: &[ResourceClaim], known: &BTreeSet<&str>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut used: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (index, claim) in claims.iter().enumerate() {
        let path = path.index(index);
        let (name, request) = (claim.name.as_str(), text(claim.request.as_ref()));
        if name.is_empty() {
            errors.push(Error::required(&path, ""));
            continue;
        }
        if used.contains(&(name, "")) {
            errors.push(Error::duplicate(&path, name));
        } else {
            if request.is_empty() {
                let parts = used.iter().filter(|(other, _)| *other == name);
                errors.extend(parts.map(|_| Error::duplicate(&path, name)));
            } else {
                errors.extend(invalid_each(&path.child("request"), request, format::dns1123_label(request)));
                if used.contains(&(name, request)) {
                    errors.push(Error::duplicate(&path, format!("{name}/{request}")));
                }
            }
            used.insert((name, request));
        }
        if !known.contains(name) {
            errors.push(unknown(name, known, &path));
        }
    }
    errors
}

fn unknown(name: &str, known: &BTreeSet<&str>, path: &Path) -> Error {
    let names: Vec<&str> = known.iter().copied().collect();
    let rest = if names.is_empty() { " which is empty".to_owned() } else { format!(": {}", names.join(", ")) };
    let mut error = Error::not_found(path, name);
    error.detail = format!("must be one of the names in pod.spec.resourceClaims{rest}");
    error
}
