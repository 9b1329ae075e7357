//! Changes that are no matter of an object's author (`pkg/registry/rbac/helpers.go`: `IsOnlyMutatingGCFields`).

use machinery::meta;
use serde_json::Value;

/// What only the system's own bookkeeping writes.
const FIELDS: [&str; 4] = ["finalizers", "managedFields", "ownerReferences", "resourceVersion"];

/// Whether two states of an object differ in nothing else.
pub fn is_all_that_changes(old: &Value, new: &Value) -> bool {
    let rest = |object: &Value| {
        let mut object = object.clone();
        meta::remove(&mut object, &FIELDS);
        object
    };
    rest(old) == rest(new)
}
