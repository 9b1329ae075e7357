//! The generic registry: every verb written once for all kinds
//! (`k8s.io/apiserver/pkg/registry/generic/registry/store.go`). What makes kinds differ is in `api::strategy`.

mod admission;
mod apply;
mod binding;
mod create;
mod delete;
mod event_ttl;
mod finalize;
mod get;
mod list;
mod managed_fields;
mod namespace_lifecycle;
mod patch;
mod selection;
mod system_fields;
mod transaction;
mod update;
mod watch;

use crate::{cache::Cache, options::WriteOptions};
use api::{kind::Kind, status::Status};
use serde_json::Value;
use std::sync::Arc;
use store::Store;

pub use delete::Deletion;
pub use list::List;
pub use patch::PatchType;
pub use watch::{WatchEvent, WatchStream};

/// Where objects are created, read, changed and deleted.
pub struct Registry {
    store: Arc<dyn Store>,
    cache: Arc<Cache>,
    continuations: list::Continuations,
}

/// The collection that a request is about.
#[derive(Debug, Clone)]
pub struct Target {
    /// In the version that the client speaks.
    pub kind: Kind,
    /// Empty: cluster-scoped, or all namespaces.
    pub namespace: String,
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
        Self { store, cache, continuations: list::Continuations::default() }
    }
}

impl Target {
    /// Where the collection's keys begin: `core/pods/` or `core/pods/default/`.
    fn prefix(&self) -> String {
        let collection = self.collection();
        if self.namespace.is_empty() { collection } else { format!("{collection}{}/", self.namespace) }
    }

    /// Where the keys of the kind begin, whatever their namespace.
    fn collection(&self) -> String {
        let storage = self.kind.storage();
        let group = if storage.group.is_empty() { "core" } else { &*storage.group };
        format!("{group}/{}/", storage.plural)
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix())
    }

    /// An object as stored, in the client's version.
    fn present(&self, object: Value) -> Value {
        api::conversion::convert(object, &self.kind)
    }

    /// An object as the client sent it, in the version that is stored.
    fn store_form(&self, object: Value) -> Value {
        api::conversion::convert(object, self.kind.storage())
    }

    fn not_found(&self, name: &str) -> Status {
        Status::not_found(&self.kind, name)
    }
}

/// What a store's error means for a client.
fn unavailable(error: &store::Error) -> Status {
    tracing::error!(%error, "the store failed");
    Status::internal(error)
}
