//! What makes an object invalid, kind by kind, in Kubernetes' words (`pkg/apis/*/validation`). Metadata is checked by
//! `meta::validate`.

mod batch;
mod claim;
mod configuration;
mod event;
pub mod format;
mod labels;
mod metadata;
mod namespace;
mod node;
mod one_of;
mod paths;
mod pod;
mod required;
mod service;
mod signer;
mod workload;

use k8s_openapi::{api::core::v1::Pod, serde::de::DeserializeOwned};
use serde_json::Value;

pub(crate) use pod::canonical;

use crate::{
    field::{Error, ErrorList, Path},
    kind::Kind,
};

/// All that is wrong with a new object beside its metadata.
#[must_use]
pub fn validate(kind: &Kind, object: &Value) -> ErrorList {
    let mut errors = if kind.group.is_empty() { metadata::standard_finalizers(object) } else { ErrorList::new() };
    errors.extend(match (&*kind.group, &*kind.kind) {
        ("", "Pod") => typed(object, pod::validate_create),
        _ => at_any_time(kind, object),
    });
    errors
}

/// All that is wrong with an object as the successor of another, beside its metadata.
#[must_use]
pub fn validate_update(kind: &Kind, new: &Value, old: &Value) -> ErrorList {
    let mut errors = if kind.group.is_empty() { metadata::standard_finalizers(new) } else { ErrorList::new() };
    errors.extend(match (&*kind.group, &*kind.kind) {
        ("", "Pod") => typed_update(new, old, pod::validate_update),
        ("", "Node") => typed_update(new, old, node::validate_update),
        ("", "ConfigMap") => typed_update(new, old, configuration::config_map_update),
        ("", "Secret") => typed_update(new, old, configuration::secret_update),
        ("", "Service") => typed_update(new, old, service::service_update),
        ("apps" | "batch" | "rbac.authorization.k8s.io", _) => workload::immutable_fields(kind, new, old),
        _ => ErrorList::new(),
    });
    if (&*kind.group, &*kind.kind) != ("", "Pod") {
        errors.extend(at_any_time(kind, new));
    }
    errors
}

/// All that is wrong with the status of an object as the successor of another's, beside its metadata.
#[must_use]
pub fn validate_status_update(kind: &Kind, new: &Value, old: &Value) -> ErrorList {
    match (&*kind.group, &*kind.kind) {
        ("", "Pod") => typed_update(new, old, pod::validate_status_update),
        ("", "Node") => typed_update(new, old, node::validate_update),
        ("", "Namespace") => typed(new, namespace::status),
        _ => ErrorList::new(),
    }
}

/// What a client should know about a valid object.
#[must_use]
pub fn warnings(kind: &Kind, object: &Value) -> Vec<String> {
    let pointer = match (&*kind.group, &*kind.kind) {
        ("", "Pod") => {
            let pod = serde_json::from_value::<Pod>(object.clone()).unwrap_or_default();
            return pod::pod_warnings(&pod.metadata, &pod.spec.unwrap_or_default());
        }
        ("", "PodTemplate") => "template",
        ("", "ReplicationController") | ("apps", _) | ("batch", "Job") => "spec/template",
        ("batch", "CronJob") => "spec/jobTemplate/spec/template",
        _ => return Vec::new(),
    };
    let path = pointer.split('/').fold(Path::root(), |path, field| path.child(field));
    let template = object.pointer(&format!("/{pointer}")).cloned();
    let template = template.and_then(|template| serde_json::from_value(template).ok());
    template.map(|template| pod::template_warnings(&template, &path)).unwrap_or_default()
}

fn at_any_time(kind: &Kind, object: &Value) -> ErrorList {
    match (&*kind.group, &*kind.kind) {
        ("", "Node") => typed(object, node::validate),
        ("", "Namespace") => typed(object, namespace::validate),
        ("", "Event") => typed(object, event::validate),
        ("", "ConfigMap") => typed(object, configuration::config_map),
        ("", "Secret") => typed(object, configuration::secret),
        ("", "Service") => typed(object, service::service),
        ("", "PodTemplate") => typed(object, pod::pod_template),
        ("", "PersistentVolumeClaim") => typed(object, claim::persistent_volume_claim),
        ("coordination.k8s.io", "Lease") => typed(object, configuration::lease),
        ("apps", "Deployment") => typed(object, workload::deployment),
        ("apps", "ReplicaSet") => typed(object, workload::replica_set),
        ("apps", "DaemonSet") => typed(object, workload::daemon_set),
        ("apps", "StatefulSet") => typed(object, workload::stateful_set),
        ("", "ReplicationController") => typed(object, workload::replication_controller),
        ("batch", "Job") => typed(object, batch::job),
        ("batch", "CronJob") => typed(object, batch::cron_job),
        ("policy", "PodDisruptionBudget") => typed(object, workload::pod_disruption_budget),
        _ => ErrorList::new(),
    }
}

/// Checks an object as its Rust type. The schema has let it in, so that it has the type is no matter of its author.
fn typed<T: DeserializeOwned>(object: &Value, check: fn(&T) -> ErrorList) -> ErrorList {
    match serde_json::from_value(object.clone()) {
        Ok(object) => check(&object),
        Err(error) => vec![Error::internal(&Path::root(), error.to_string())],
    }
}

fn typed_update<T: DeserializeOwned>(new: &Value, old: &Value, check: fn(&T, &T) -> ErrorList) -> ErrorList {
    match (serde_json::from_value(new.clone()), serde_json::from_value(old.clone())) {
        (Ok(new), Ok(old)) => check(&new, &old),
        (Err(error), _) | (_, Err(error)) => vec![Error::internal(&Path::root(), error.to_string())],
    }
}

/// A change of a pod's ephemeral containers through their subresource, beside the metadata.
#[must_use]
pub fn validate_ephemeral_containers_update(new: &Value, old: &Value) -> ErrorList {
    typed_update::<Pod>(new, old, pod::validate_ephemeral_containers_update)
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
