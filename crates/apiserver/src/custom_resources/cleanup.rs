//! A definition goes after the objects of its kind (`pkg/controller/finalizer/crd_finalizer.go`).

use super::{PAUSE, served::ServedKinds};
use crate::{
    admission::{Attributes, Operation},
    options::{DeleteOptions, ListOptions, WriteOptions},
    registry::Registry,
    target::Target,
    user::User,
};
use api::{
    custom_resources::{FINALIZER, has_condition, set_condition},
    kinds::{self, CUSTOM_RESOURCE_DEFINITION},
};
use jiff::Timestamp;
use machinery::{kind::Kind, meta, status::Status};
use serde_json::Value;
use std::{
    sync::{Arc, Weak},
    time::Duration,
};

/// How often the objects that are left are looked at though none seems to have gone.
const SAFETY: Duration = Duration::from_secs(10);

/// Deletes the objects of a definition, waits until they are gone, and lets the definition go.
pub(super) async fn clean_up(registry: Weak<Registry>, served: Arc<ServedKinds>, definition: Value) {
    let established = has_condition(&definition, "Established");
    let defined = if established { kinds::defined(&definition).unwrap_or_default() } else { Vec::new() };
    let stored = defined.first().map(|kind| kind.storage().clone());
    loop {
        let Some(held) = registry.upgrade() else { return };
        let done = match &stored {
            Some(kind) => delete_all(&held, kind).await,
            None => Ok(true),
        };
        match done {
            Ok(true) => match release(&held, meta::name(&definition)).await {
                Ok(()) => return served.remove(meta::name(&definition)),
                Err(status) => tracing::warn!(%status, "cannot let a definition go: trying again"),
            },
            Ok(false) => continue,
            Err(status) => tracing::warn!(%status, "cannot delete the objects of a definition: trying again"),
        }
        drop(held);
        tokio::time::sleep(PAUSE).await;
    }
}

/// Deletes what is there; whether nothing is left. Where something is, one of it has gone meanwhile, or time.
async fn delete_all(registry: &Registry, kind: &Kind) -> Result<bool, Status> {
    let (user, options, target) = (User::api_server(), WriteOptions::default(), Target::all(kind.clone()));
    let attributes = Attributes::of(&user, Operation::Delete, &target, "", &options);
    let mut changes = registry.watch(&target, &ListOptions::changes(), 2 * SAFETY).await?;
    registry.delete_collection(&attributes, &ListOptions::changes(), &DeleteOptions::default()).await?;
    if registry.list(&target, &ListOptions::changes()).await?.objects.is_empty() {
        return Ok(true);
    }
    // What is held back goes when those let it go that hold it.
    let _ = tokio::time::timeout(SAFETY, changes.next()).await;
    Ok(false)
}

async fn release(registry: &Registry, name: &str) -> Result<(), Status> {
    let now = meta::time(Timestamp::now());
    let release = |found: &Value| {
        let mut released = found.clone();
        let why = ("InstanceDeletionCompleted", "removed all instances");
        set_condition(&mut released, "Terminating", "False", why, &now);
        if let Some(finalizers) = released["metadata"]["finalizers"].as_array_mut() {
            finalizers.retain(|finalizer| finalizer != FINALIZER);
        }
        released
    };
    registry.adjust(&Target::all(CUSTOM_RESOURCE_DEFINITION), name, release).await
}
