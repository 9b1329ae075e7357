//! Read, decide, write if nothing changed in between, else again (`GuaranteedUpdate` of
//! `k8s.io/apiserver/pkg/storage/etcd3/store.go`).

use super::{Registry, Target, unavailable};
use crate::cache::set_revision;
use api::status::Status;
use serde_json::Value;
use store::{Revision, Write};

/// What is to become of an object.
pub(super) enum Next {
    /// It stays as it is.
    Keep,
    /// It is replaced.
    Put(Value),
    /// It goes; this is the state in which watchers see it for the last time.
    Delete(Value),
}

/// What became of it. The object has its resourceVersion and the stored version of its kind.
pub(super) enum Outcome {
    Kept(Value),
    Put(Value),
    Deleted(Value),
}

impl Outcome {
    pub fn into_object(self) -> Value {
        match self {
            Self::Kept(object) | Self::Put(object) | Self::Deleted(object) => object,
        }
    }
}

impl Registry {
    /// Changes one object. `decide` sees the current state and may run again when somebody else was faster.
    pub(super) async fn transact(
        &self,
        target: &Target,
        name: &str,
        dry_run: bool,
        mut decide: impl FnMut(&Value) -> Result<Next, Status>,
    ) -> Result<Outcome, Status> {
        let key = target.key(name);
        self.cache.catch_up().await;
        let mut current =
            self.cache.collection(&target.collection()).get(&key).map(|held| (held.value(), held.revision));
        loop {
            let Some((object, revision)) = current else { return Err(target.not_found(name)) };
            let (write, next, outcome): (_, Value, fn(Value) -> Outcome) = match decide(&object)? {
                Next::Keep => return Ok(Outcome::Kept(object)),
                Next::Put(next) if next == object => return Ok(Outcome::Kept(object)),
                Next::Put(next) => (Write::update(&key, revision, stored(&next)?), next, Outcome::Put),
                Next::Delete(last) => (Write::delete(&key, revision), last, Outcome::Deleted),
            };
            if dry_run {
                return Ok(outcome(next));
            }
            match self.store.write(write).await {
                Ok(written) => return Ok(outcome(at(next, written))),
                Err(store::Error::Conflict { current: found, .. }) => current = found.as_ref().map(read).transpose()?,
                Err(error) => return Err(unavailable(&error)),
            }
        }
    }
}

/// The JSON that the store keeps: without the resourceVersion, which is the revision of the write itself.
pub(super) fn stored(object: &Value) -> Result<Vec<u8>, Status> {
    let mut object = object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("resourceVersion");
    }
    serde_json::to_vec(&object).map_err(Status::internal)
}

/// An object with its new resourceVersion.
pub(super) fn at(mut object: Value, revision: Revision) -> Value {
    set_revision(&mut object, revision);
    object
}

fn read(entry: &store::Entry) -> Result<(Value, Revision), Status> {
    let object = serde_json::from_slice(&entry.value).map_err(Status::internal)?;
    Ok((at(object, entry.modified), entry.modified))
}
