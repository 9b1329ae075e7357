//! The states that a definition goes through (`pkg/registry/customresourcedefinition`).

use super::{names::set_condition, stored_version};
use serde_json::{Value, json};

/// Holds a definition back until the objects of its kind are gone.
pub const FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

/// A new definition: nobody has looked at its names yet.
pub fn prepare_for_create(new: &mut Value) {
    new["status"] = json!({"acceptedNames": {"kind": "", "plural": ""}, "conditions": null, "storedVersions": []});
    note_stored_version(new);
}

/// A version that was stored once stays noted: there may be objects of it.
pub fn note_stored_version(new: &mut Value) {
    let Some(stored) = stored_version(new).map(Value::from) else { return };
    let noted = &mut new["status"]["storedVersions"];
    if !noted.is_array() {
        *noted = json!([]);
    }
    if let Some(noted) = noted.as_array_mut().filter(|noted| !noted.contains(&stored)) {
        noted.push(stored);
    }
}

/// A definition that begins to go waits for the objects of its kind.
pub fn mark_deleted(object: &mut Value) {
    let finalizers = &mut object["metadata"]["finalizers"];
    if !finalizers.is_array() {
        *finalizers = json!([]);
    }
    if let Some(finalizers) = finalizers.as_array_mut().filter(|list| !list.iter().any(|one| one == FINALIZER)) {
        finalizers.push(FINALIZER.into());
    }
    let message = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon";
    let now = object["metadata"]["deletionTimestamp"].as_str().unwrap_or_default().to_owned();
    set_condition(object, "Terminating", "True", ("InstanceDeletionPending", message), &now);
}
