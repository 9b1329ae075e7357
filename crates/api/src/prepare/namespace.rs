//! Namespaces.

use serde_json::{Value, json};

/// The finalizer that holds a namespace until what is in it is gone.
const FINALIZER: &str = "kubernetes";

/// A new namespace is held by its finalizer.
pub fn prepare_for_create(namespace: &mut Value) {
    let mut finalizers = namespace["spec"]["finalizers"].as_array().cloned().unwrap_or_default();
    if !finalizers.iter().any(|name| name == FINALIZER) {
        finalizers.push(FINALIZER.into());
        namespace["spec"]["finalizers"] = json!(finalizers);
    }
}
