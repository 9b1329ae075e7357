//! Namespaces.

use super::text;
use crate::{
    field::{Error, ErrorList, Path, invalid_each},
    format, meta,
};
use k8s_openapi::api::core::v1::Namespace;

/// A namespace at any time.
pub fn validate(namespace: &Namespace) -> ErrorList {
    let mut errors = ErrorList::new();
    let path = Path::new("spec").child("finalizers");
    let finalizers = namespace.spec.as_ref().and_then(|spec| spec.finalizers.as_deref()).unwrap_or_default();
    for name in finalizers {
        errors.extend(invalid_each(&path, name, format::qualified_name(name)));
        errors.extend(meta::standard_finalizer(name, &path));
    }
    errors
}

/// The phase of a namespace says whether it is being deleted.
pub fn status(namespace: &Namespace) -> ErrorList {
    let phase = text(namespace.status.as_ref().and_then(|status| status.phase.as_ref()));
    let path = Path::new("status").child("Phase");
    let (expected, condition) = match namespace.metadata.deletion_timestamp {
        None => ("Active", "empty"),
        Some(_) => ("Terminating", "not empty"),
    };
    if phase == expected {
        return ErrorList::new();
    }
    let detail = format!("may only be '{expected}' if `deletionTimestamp` is {condition}");
    vec![Error::invalid(&path, phase, detail)]
}
