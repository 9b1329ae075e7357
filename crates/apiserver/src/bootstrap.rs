//! The objects that every cluster has, put right at each start (`pkg/controlplane/controller/systemnamespaces`,
//! `pkg/registry/rbac/rest/storage_rbac.go`).

use crate::{error::Error, registry::Registry, target::Target};
use api::{
    kinds::{CLUSTER_ROLE, CLUSTER_ROLE_BINDING, NAMESPACE, ROLE, ROLE_BINDING},
    rbac::{
        bootstrap,
        reconciliation::{Correction, correct},
    },
};
use futures::future::try_join_all;
use machinery::{kind::Kind, meta, status::Status};
use serde_json::{Value, json};

const SYSTEM_NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// Makes what is missing, and gives back to roles and bindings what they have lost. All at once: writes share commits.
pub async fn put_right(registry: &Registry) -> Result<(), Error> {
    try_join_all(SYSTEM_NAMESPACES.map(|name| create_namespace(registry, name))).await?;
    try_join_all(bootstrap::objects().iter().map(|object| reconcile(registry, object))).await?;
    Ok(())
}

async fn create_namespace(registry: &Registry, name: &str) -> Result<(), Error> {
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let made = registry.keep(&Target::all(NAMESPACE), name, |found| found.is_none().then(|| namespace.clone())).await;
    made.map_err(|status| failed("namespace", name, &status))
}

async fn reconcile(registry: &Registry, expected: &Value) -> Result<(), Error> {
    let name = meta::name(expected);
    let Some(kind) = kind(expected) else { return Ok(()) };
    let target = Target::in_namespace(kind, meta::namespace(expected));
    let done = async {
        registry.remove(&target, name, |found| correct(found, expected) == Correction::Recreate).await?;
        let wanted = |found: Option<&Value>| match found.map(|found| correct(found, expected)) {
            None => Some(expected.clone()),
            Some(Correction::Update(corrected)) => Some(corrected),
            Some(Correction::None | Correction::Recreate) => None,
        };
        registry.keep(&target, name, wanted).await
    };
    done.await.map_err(|status| failed(expected["kind"].as_str().unwrap_or_default(), name, &status))
}

fn kind(object: &Value) -> Option<Kind> {
    let kinds = [CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING];
    kinds.into_iter().find(|kind| object["kind"] == *kind.kind)
}

fn failed(kind: &str, name: &str, status: &Status) -> Error {
    Error::Bootstrap { object: format!("{kind} {name}"), reason: status.to_string() }
}
