//! A definition goes after the objects of its kind (`pkg/controller/finalizer/crd_finalizer.go`).

use super::PAUSE;
use crate::{
    admission::{Attributes, Operation},
    options::{DeleteOptions, ListOptions, Version, WriteOptions},
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
use std::{sync::Weak, time::Duration};

/// How often the objects that are left are looked at though none seems to have gone.
const SAFETY: Duration = Duration::from_secs(10);

/// Deletes the objects of a definition, waits until they are gone, and lets the definition go: as long as it is that of
/// this uid, and waits for this.
pub(super) async fn clean_up(registry: Weak<Registry>, name: String, uid: String) {
    loop {
        let Some(held) = registry.upgrade() else { return };
        match step(&held, &name, &uid).await {
            Ok(Step::Done) => return,
            Ok(Step::Again) => continue,
            Err(status) => tracing::warn!(name, %status, "cannot delete the objects of a definition: trying again"),
        }
        drop(held);
        tokio::time::sleep(PAUSE).await;
    }
}

/// What comes next.
enum Step {
    /// There is nothing more to do.
    Done,
    /// Objects are left that somebody holds.
    Again,
}

async fn step(registry: &Registry, name: &str, uid: &str) -> Result<Step, Status> {
    let target = Target::all(CUSTOM_RESOURCE_DEFINITION);
    let definition = match registry.get(&target, name, Version::MostRecent).await {
        Ok(found) => found.value(),
        Err(status) if status.code() == 404 => return Ok(Step::Done),
        Err(status) => return Err(status),
    };
    if !waits(&definition, uid) {
        return Ok(Step::Done);
    }
    // Names that it has not been given are another's, and so are the objects.
    if has_condition(&definition, "Established")
        && let Some(kind) = kinds::stored(&definition).map_err(Status::internal)?
        && !delete_all(registry, &kind).await?
    {
        return Ok(Step::Again);
    }
    release(registry, name, uid).await.map(|()| Step::Done)
}

/// Whether a definition is that of this uid and waits for its objects to be gone.
fn waits(definition: &Value, uid: &str) -> bool {
    meta::uid(definition) == uid
        && meta::deletion_timestamp(definition).is_some()
        && meta::finalizers(definition).any(|finalizer| finalizer == FINALIZER)
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

async fn release(registry: &Registry, name: &str, uid: &str) -> Result<(), Status> {
    let now = meta::time(Timestamp::now());
    let release = |found: &Value| {
        let mut released = found.clone();
        if !waits(found, uid) {
            return released;
        }
        let why = ("InstanceDeletionCompleted", "removed all instances");
        set_condition(&mut released, "Terminating", "False", why, &now);
        if let Some(finalizers) = released["metadata"]["finalizers"].as_array_mut() {
            finalizers.retain(|finalizer| finalizer != FINALIZER);
        }
        released
    };
    registry.adjust(&Target::all(CUSTOM_RESOURCE_DEFINITION), name, release).await
}
