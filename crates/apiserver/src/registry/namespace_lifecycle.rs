//! Nothing is created in a namespace that is missing or on its way out
//! (`k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle`).

use super::{Registry, Target};
use api::{kinds, meta, status::Status};
use serde_json::Value;

/// Namespaces that stay.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

impl Registry {
    /// Whether an object may be created where it wants to be.
    pub(super) async fn admit_to_namespace(&self, target: &Target, object: &Value) -> Result<(), Status> {
        if !target.kind.namespaced {
            return Ok(());
        }
        let namespaces = Target { kind: kinds::NAMESPACE, namespace: String::new() };
        self.cache.catch_up().await;
        let key = namespaces.key(&target.namespace);
        let Some(namespace) = self.cache.collection(&namespaces.collection()).get(&key) else {
            return Err(namespaces.not_found(&target.namespace));
        };
        if meta::deletion_timestamp(&namespace.value()).is_none() {
            return Ok(());
        }
        let name = &target.namespace;
        Err(Status::forbidden(
            &target.kind,
            meta::name(object),
            format!("unable to create new content in namespace {name} because it is being terminated"),
        ))
    }
}

/// Whether an object may be deleted at all.
pub(super) fn admit_deletion(target: &Target, name: &str) -> Result<(), Status> {
    if target.kind.kind == "Namespace" && target.kind.group.is_empty() && IMMORTAL.contains(&name) {
        return Err(Status::forbidden(&target.kind, name, "this namespace may not be deleted"));
    }
    Ok(())
}
