//! Pod templates: the pods a controller makes.

use super::{annotations, profiles, spec};
use crate::validation::{labels, metadata};
use k8s_openapi::api::core::v1::{PodSpec, PodTemplate, PodTemplateSpec};
use machinery::field::{Error, ErrorList, Path};

/// A `PodTemplate`: an object that is nothing but a template.
pub fn pod_template(object: &PodTemplate) -> ErrorList {
    let template = object.template.clone().unwrap_or_default();
    pod_template_spec(&template, &Path::new("template"))
}

/// A pod template.
pub fn pod_template_spec(template: &PodTemplateSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let empty = PodSpec::default();
    let pod_spec = template.spec.as_ref().unwrap_or(&empty);
    if let Some(meta) = &template.metadata {
        if let Some(found) = &meta.labels {
            errors.extend(labels::labels(found, &path.child("labels")));
        }
        if let Some(found) = &meta.annotations {
            errors.extend(metadata::annotations(found, &path.child("annotations")));
        }
        errors.extend(annotations::annotations(meta, pod_spec, &path.child("annotations")));
    }
    let path = path.child("spec");
    errors.extend(spec::pod_spec(pod_spec, None, &path));
    if let Some(meta) = &template.metadata {
        errors.extend(profiles::same_seccomp_profiles(meta, pod_spec, &path));
    }
    if pod_spec.ephemeral_containers.as_ref().is_some_and(|containers| !containers.is_empty()) {
        let detail = "ephemeral containers not allowed in pod template";
        errors.push(Error::forbidden(&path.child("ephemeralContainers"), detail));
    }
    errors
}
