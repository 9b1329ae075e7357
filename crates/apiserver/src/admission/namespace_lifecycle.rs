//! Plugin `NamespaceLifecycle` (`k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle`): nothing is created in a
//! namespace that is missing or on its way out, and some namespaces stay.

use super::Review;
use api::kinds::NAMESPACE;
use machinery::{
    meta,
    status::{Cause, Status},
};
use serde_json::Value;

/// Namespaces that stay.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Whether something may be created where it wants to be.
pub(super) fn admit(review: &Review<'_>, object: &mut Value) -> Result<(), Status> {
    let target = review.attributes.target;
    if !target.kind.namespaced {
        return Ok(());
    }
    let name = &target.namespace;
    let namespace = review.lookup.find(&NAMESPACE, "", name).ok_or_else(|| Status::not_found(&NAMESPACE, name))?;
    if meta::deletion_timestamp(&namespace).is_none() {
        return Ok(());
    }
    let cause = format!("unable to create new content in namespace {name} because it is being terminated");
    Err(review.attributes.forbidden(Some(object), cause).with_cause(terminating(name)))
}

/// By this controllers know that it makes no sense to try again.
fn terminating(namespace: &str) -> Cause {
    let message = format!("namespace {namespace} is being terminated");
    Cause { field: "metadata.namespace".into(), ..Cause::new("NamespaceTerminating", message) }
}

/// Whether a namespace may be deleted at all.
pub(super) fn admit_deletion(review: &Review<'_>) -> Result<(), Status> {
    if IMMORTAL.contains(&review.attributes.name) {
        return Err(review.attributes.forbidden(None, "this namespace may not be deleted"));
    }
    Ok(())
}
