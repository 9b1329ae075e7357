//! The objects that a plugin's decision depends on, as new as the last write that was answered.

use crate::{cache::Cache, target::Target};
use machinery::{kind::Kind, status::Status};
use serde_json::Value;

/// Reads objects of the kinds that a plugin has named.
pub struct Lookup<'a> {
    cache: &'a Cache,
    kinds: &'static [Kind],
}

impl<'a> Lookup<'a> {
    /// Looks up in a cache that is up to date.
    pub fn new(cache: &'a Cache, kinds: &'static [Kind]) -> Self {
        Self { cache, kinds }
    }

    /// Waits until everything is known that was written before: for plugins that wait by themselves.
    pub async fn caught_up(&self) -> Result<(), Status> {
        self.cache.catch_up().await
    }

    /// The object of that name; `namespace` is empty for kinds that have none.
    pub fn find(&self, kind: &Kind, namespace: &str, name: &str) -> Option<Value> {
        let target = self.target(kind, namespace);
        Some(self.cache.collection(&target.collection()).get(&target.key(name))?.value())
    }

    /// All objects of a kind.
    pub fn all(&self, kind: &Kind) -> Vec<Value> {
        self.in_namespace(kind, "")
    }

    /// The objects of a kind in a namespace.
    pub fn in_namespace(&self, kind: &Kind, namespace: &str) -> Vec<Value> {
        let target = self.target(kind, namespace);
        self.cache.collection(&target.collection()).list(&target.prefix()).iter().map(|object| object.value()).collect()
    }

    fn target(&self, kind: &Kind, namespace: &str) -> Target {
        debug_assert!(self.kinds.contains(kind), "the plugin's row does not say that it looks up {kind}");
        Target::in_namespace(kind.clone(), namespace)
    }
}
