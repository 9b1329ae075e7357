//! The generic registry: every verb written once for all kinds
//! (`k8s.io/apiserver/pkg/registry/generic/registry/store.go`). What makes kinds differ is in `api`.
//!
//! Reads: `get`, `list`, `watch`. Writes: `create`, `update`, `patch`, `apply`, `delete`, `delete_collection`, which only
//! say what they want; `change` does it, the same way for all of them and for what subresources want.

mod apply;
mod before_write;
mod change;
mod continuations;
mod create;
mod damaged;
mod delete;
mod delete_collection;
mod event_ttl;
mod get;
mod keep;
mod list;
mod managed_fields;
mod patch;
mod permission;
mod proposal;
mod selection;
mod store_form;
mod system_fields;
mod update;
mod view;
mod watch;

pub use delete::Deletion;
pub use list::List;
pub use patch::{Patch, PatchType};
pub use proposal::{Next, Outcome, Proposal};
pub use view::{Representation, View};
pub use watch::{WatchEvent, WatchStream};

use crate::{admission::Surroundings, authorization::Authorizer, cache::Cache, target::Target};
use continuations::Continuations;
use machinery::status::Status;
use serde_json::Value;
use std::sync::Arc;
use store::Store;

/// Where objects are created, read, changed and deleted.
pub struct Registry {
    store: Arc<dyn Store>,
    cache: Arc<Cache>,
    continuations: Arc<Continuations>,
    /// Decides what a user may do.
    pub authorizer: Arc<Authorizer>,
}

/// What a write led to.
#[derive(Debug)]
pub struct Written {
    /// The object as it is now, in the version that the client speaks.
    pub object: Value,
    /// It did not exist before.
    pub created: bool,
    /// For the `Warning` headers.
    pub warnings: Vec<String>,
}

impl Registry {
    /// A registry over a store and the cache that follows it.
    pub fn new(store: Arc<dyn Store>, cache: Arc<Cache>) -> Self {
        let authorizer = Arc::new(Authorizer::new(Arc::clone(&cache)));
        Self { store, cache, continuations: Continuations::start(), authorizer }
    }

    /// Where plugins look.
    fn surroundings(&self) -> Surroundings<'_> {
        Surroundings { cache: &self.cache, authorizer: &self.authorizer }
    }
}

/// What a store's error means for a client.
fn unavailable(error: &store::Error) -> Status {
    tracing::error!(%error, "the store failed");
    Status::internal(error)
}
