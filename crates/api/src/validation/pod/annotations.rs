//! Annotations that mean something to Kubernetes.

use k8s_openapi::{api::core::v1::PodSpec, apimachinery::pkg::apis::meta::v1::ObjectMeta};

use crate::{
    field::{Error, ErrorList, Path},
    validation::text,
};

/// Set on the API's image of a static pod.
pub const MIRROR_POD: &str = "kubernetes.io/config.mirror";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// The values of the annotations Kubernetes reads.
pub fn annotations(metadata: &ObjectMeta, spec: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let annotation = |key: &str| metadata.annotations.as_ref().and_then(|annotations| annotations.get(key));
    if let Some(value) = annotation(MIRROR_POD)
        && text(spec.node_name.as_ref()).is_empty()
    {
        let detail = "must set spec.nodeName if mirror pod annotation is set";
        errors.push(Error::invalid(&path.key(MIRROR_POD), value.as_str(), detail));
    }
    if let Some(value) = annotation(DELETION_COST) {
        let canonical = value.parse::<i32>().is_ok_and(|cost| cost.to_string() == *value);
        if !canonical {
            errors.push(Error::invalid(&path.key(DELETION_COST), value.as_str(), "must be a 32bit integer"));
        }
    }
    errors
}

/// A mirror pod stays one.
pub fn annotations_update(new: &ObjectMeta, old: &ObjectMeta, path: &Path) -> Option<Error> {
    let mirror = |metadata: &ObjectMeta| metadata.annotations.as_ref()?.get(MIRROR_POD).cloned();
    let detail = match (mirror(new), mirror(old)) {
        (Some(_), None) => "may not add mirror pod annotation",
        (new, Some(old)) if new.as_ref() != Some(&old) => "may not remove or update mirror pod annotation",
        _ => return None,
    };
    Some(Error::forbidden(&path.key(MIRROR_POD), detail))
}
