//! Bindings: which node a pod goes to.

use crate::validation::text;
use k8s_openapi::api::core::v1::Binding;
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};

/// A new binding, whose target is a node (`ValidatePodBinding`).
pub fn validate_binding(binding: &Binding) -> ErrorList {
    let path = Path::new("target");
    let (kind, name) = (text(binding.target.kind.as_ref()), text(binding.target.name.as_ref()));
    let mut errors = ErrorList::new();
    let is_node = matches!(kind, "" | "Node");
    if !is_node {
        errors.push(Error::not_supported(&path.child("kind"), kind, &["Node", "<empty>"]));
    }
    if name.is_empty() {
        errors.push(Error::required(&path.child("name"), ""));
    } else if is_node {
        errors.extend(invalid_each(&path.child("name"), name, format::dns1123_subdomain(name)));
    }
    errors
}
