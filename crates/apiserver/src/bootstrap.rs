//! The objects that every cluster has (`pkg/controlplane/controller/systemnamespaces`).

use crate::{error::Error, registry::Registry, target::Target};
use api::kinds::NAMESPACE;
use serde_json::json;

const SYSTEM_NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// Creates the namespaces that are missing.
pub async fn create_system_namespaces(registry: &Registry) -> Result<(), Error> {
    for name in SYSTEM_NAMESPACES {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        let made =
            registry.keep(&Target::all(NAMESPACE), name, |found| found.is_none().then(|| namespace.clone())).await;
        made.map_err(|status| Error::Bootstrap { object: format!("namespace {name}"), reason: status.to_string() })?;
    }
    Ok(())
}
