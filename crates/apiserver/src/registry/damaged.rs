//! What the store holds under an object's key and is no object: a disk that failed, or another program at work. It shows
//! in no list; who asks for it is told, and may delete it.

use super::{Registry, Target, unavailable};
use crate::admission::{self, Attributes};
use machinery::{meta, status::Status};
use serde_json::{Value, json};
use store::{Revision, Write};

/// What is said to who asks for it.
pub(super) fn damaged(target: &Target, name: &str) -> Status {
    let kind = target.kind.resource();
    Status::internal(format!("{kind} {name:?} is damaged in the store: it can be deleted, and nothing else"))
}

impl Registry {
    /// Its revision, if there is no more than that under the name.
    pub(super) fn damaged(&self, target: &Target, name: &str) -> Option<Revision> {
        self.cache.collection(&target.collection()).damaged(&target.key(name))
    }

    /// Deletes it, whatever it was. Returns what is known of it; `None` if the name is not damaged.
    pub(super) async fn delete_damaged(&self, attributes: &Attributes<'_>) -> Result<Option<Value>, Status> {
        let Attributes { target, name, options, .. } = attributes;
        self.cache.catch_up().await?;
        let Some(revision) = self.damaged(target, name) else { return Ok(None) };
        admission::validate(self.surroundings(), attributes, None, None).await?;
        if !options.dry_run {
            let written = self.store.write(Write::delete(target.key(name), revision)).await;
            written.map_err(|error| unavailable(&error))?;
        }
        let mut known = json!({ "apiVersion": target.kind.api_version(), "kind": target.kind.kind });
        meta::set(&mut known, "name", *name);
        if target.kind.namespaced {
            meta::set(&mut known, "namespace", target.namespace.as_str());
        }
        Ok(Some(known))
    }
}
