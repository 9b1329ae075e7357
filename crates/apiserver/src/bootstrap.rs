//! The objects that every cluster has (`pkg/controlplane/controller/systemnamespaces`).

use crate::{
    Error,
    options::WriteOptions,
    registry::{Registry, Target},
};
use api::kinds;
use serde_json::json;

const SYSTEM_NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// Creates the namespaces that are missing.
pub async fn create_system_namespaces(registry: &Registry) -> Result<(), Error> {
    let target = Target { kind: kinds::NAMESPACE, namespace: String::new() };
    for name in SYSTEM_NAMESPACES {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        match registry.create(&target, namespace.into(), &WriteOptions::default()).await {
            Err(status) if status.code() != 409 => {
                return Err(Error::Bootstrap { object: format!("namespace {name}"), reason: status.to_string() });
            }
            _ => {}
        }
    }
    Ok(())
}
