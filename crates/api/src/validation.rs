//! What makes an object invalid, kind by kind, in Kubernetes' words (`pkg/apis/*/validation`). Metadata is checked by
//! `meta::validate`.

pub(crate) mod batch;
pub(crate) mod certificate;
pub(crate) mod claim;
pub(crate) mod configuration;
pub(crate) mod event;
mod labels;
mod metadata;
pub(crate) mod namespace;
pub(crate) mod node;
mod one_of;
mod paths;
pub(crate) mod pod;
pub(crate) mod pod_certificate;
pub(crate) mod rbac;
mod required;
pub(crate) mod service;
mod signer;
pub(crate) mod trust_bundle;
pub(crate) mod workload;

use k8s_openapi::{api::core::v1::Pod, serde::de::DeserializeOwned};
use machinery::field::{Error, ErrorList, Path};
use serde_json::Value;

/// What a client should know about a valid new pod.
pub(crate) fn pod_warnings(pod: &Value) -> Vec<String> {
    let pod = serde_json::from_value::<Pod>(pod.clone()).unwrap_or_default();
    pod::pod_warnings(&pod.metadata, &pod.spec.unwrap_or_default())
}

/// What a client should know about the pods that a valid object makes from a template; `place` says where it is.
pub(crate) fn template_warnings(place: &str, object: &Value) -> Vec<String> {
    let path = place.split('/').fold(Path::root(), |path, field| path.child(field));
    let template = object.pointer(&format!("/{place}")).cloned();
    let template = template.and_then(|template| serde_json::from_value(template).ok());
    template.map(|template| pod::template_warnings(&template, &path)).unwrap_or_default()
}

/// Checks an object as its Rust type. The schema has let it in, so that it has the type is no matter of its author.
pub(crate) fn typed<T: DeserializeOwned>(object: &Value, check: fn(&T) -> ErrorList) -> ErrorList {
    match serde_json::from_value(object.clone()) {
        Ok(object) => check(&object),
        Err(error) => vec![Error::internal(&Path::root(), error.to_string())],
    }
}

pub(crate) fn typed_update<T: DeserializeOwned>(new: &Value, old: &Value, check: fn(&T, &T) -> ErrorList) -> ErrorList {
    match (serde_json::from_value(new.clone()), serde_json::from_value(old.clone())) {
        (Ok(new), Ok(old)) => check(&new, &old),
        (Err(error), _) | (_, Err(error)) => vec![Error::internal(&Path::root(), error.to_string())],
    }
}

/// A new binding of a pod to a node.
#[must_use]
pub fn validate_binding(binding: &Value) -> ErrorList {
    typed(binding, pod::validate_binding)
}

/// The text of an optional field; empty if it is not set.
fn text(value: Option<&String>) -> &str {
    value.map(String::as_str).unwrap_or_default()
}

/// The path of errors that are about no field (`field.NewPath("")` writes itself so).
fn whole_object() -> Path {
    Path::new("[]")
}

fn non_negative(value: i64, path: &Path) -> Option<Error> {
    (value < 0).then(|| Error::invalid(path, value, "must be greater than or equal to 0"))
}

#[cfg(test)]
mod tests;
