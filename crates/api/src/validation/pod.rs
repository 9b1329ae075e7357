//! Pods, all but their metadata (`ValidatePodCreate` and its like in `pkg/apis/core/validation/validation.go`).

mod affinity;
mod annotations;
mod containers;
mod difference;
mod environment;
mod handlers;
mod mounts;
mod names;
mod operating_system;
mod ports;
mod resources;
mod scheduling;
mod security;
mod spec;
mod status;
mod template;
mod update;
mod volumes;
mod warnings;

use k8s_openapi::api::core::v1::Pod;

pub(crate) use difference::canonical;
pub(super) use ports::{port_number, port_number_or_name, protocol};
pub(super) use resources::resource_quantity;
pub(super) use scheduling::taint_effect;
pub use status::validate_status_update;
pub use template::pod_template_spec;
pub use update::{validate_ephemeral_containers_update, validate_update};
pub use warnings::warnings;

use super::text;
use crate::field::{Error, ErrorList, Path};

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
    errors.extend(spec::pod_spec(spec, Some(text(pod.metadata.name.as_ref())), &path));
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
