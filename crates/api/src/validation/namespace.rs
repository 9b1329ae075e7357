//! Namespaces.

use super::text;
use k8s_openapi::api::core::v1::Namespace;
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format, meta,
};

/// A namespace at any time.
pub fn validate(namespace: &Namespace) -> ErrorList {
    let path = Path::new("spec").child("finalizers");
    finalizers(namespace).iter().flat_map(|name| finalizer(name, &path)).collect()
}

/// What has to happen before a namespace goes (`ValidateNamespaceFinalizeUpdate`).
pub fn finalize(namespace: &Namespace) -> ErrorList {
    let path = Path::new("spec").child("finalizers");
    finalizers(namespace).iter().enumerate().flat_map(|(index, name)| finalizer(name, &path.index(index))).collect()
}

fn finalizers(namespace: &Namespace) -> &[String] {
    namespace.spec.as_ref().and_then(|spec| spec.finalizers.as_deref()).unwrap_or_default()
}

fn finalizer(name: &str, path: &Path) -> ErrorList {
    invalid_each(path, name, format::qualified_name(name)).chain(meta::standard_finalizer(name, path)).collect()
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
