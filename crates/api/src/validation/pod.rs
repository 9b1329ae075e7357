//! Pods, all but their metadata (`ValidatePodCreate` and its like in `pkg/apis/core/validation/validation.go`).

mod affinity;
mod annotations;
mod binding;
mod claims;
mod containers;
mod difference;
mod environment;
mod file_keys;
mod handlers;
mod label_keys;
mod mounts;
mod names;
mod operating_system;
mod ports;
mod profiles;
mod resources;
mod restarts;
mod scheduling;
mod security;
mod signals;
mod spec;
mod status;
mod template;
mod update;
mod visit;
mod volumes;
mod warnings;
mod windows;

use k8s_openapi::api::core::v1::Pod;

pub use binding::validate_binding;
pub(super) use ports::{port_number, port_number_or_name, protocol};
pub(super) use resources::resource_quantity;
pub(super) use scheduling::taint_effect;
pub use status::validate_status_update;
pub use template::{pod_template, pod_template_spec};
pub use update::{validate_ephemeral_containers_update, validate_update};
pub use warnings::{pod_warnings, template_warnings};

use self::spec::Owner;
use super::text;
use machinery::field::{Error, ErrorList, Path};

/// A new pod.
pub fn validate_create(pod: &Pod) -> ErrorList {
    let mut errors = at_any_time(pod);
    let Some(spec) = &pod.spec else { return errors };
    let path = Path::new("spec");
    if spec.ephemeral_containers.as_ref().is_some_and(|containers| !containers.is_empty()) {
        errors.push(Error::forbidden(&path.child("ephemeralContainers"), "cannot be set on create"));
    }
    let gated = spec.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty());
    if gated && !text(spec.node_name.as_ref()).is_empty() {
        let detail = "cannot be set until all schedulingGates have been cleared";
        errors.push(Error::forbidden(&path.child("nodeName"), detail));
    }
    errors.extend(profiles::same_seccomp_profiles(&pod.metadata, spec, &path));
    errors.extend(profiles::same_app_armor_profiles(&pod.metadata, spec, &path));
    errors
}

/// What must be true of a pod at any time.
fn at_any_time(pod: &Pod) -> ErrorList {
    let mut errors = ErrorList::new();
    let path = Path::new("spec");
    let Some(spec) = &pod.spec else {
        errors.push(Error::required(&path.child("containers"), ""));
        return errors;
    };
    errors.extend(annotations::annotations(&pod.metadata, spec, &Path::new("metadata").child("annotations")));
    let owner = Owner { name: text(pod.metadata.name.as_ref()), is_mirror: annotations::is_mirror(&pod.metadata) };
    errors.extend(spec::pod_spec(spec, Some(owner), &path));
    errors.extend(spec::tokens_without_account(spec, &path));
    for (index, container) in spec.containers.iter().enumerate() {
        errors.extend(containers::image_whitespace(container, &path.child("containers").index(index)));
    }
    for (index, container) in spec.init_containers.iter().flatten().enumerate() {
        errors.extend(containers::image_whitespace(container, &path.child("initContainers").index(index)));
    }
    errors
}

#[cfg(test)]
mod tests;
