//! The objects of one kind, each in its newest version.

use crate::listing::News;
use k8s_openapi::{Metadata, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use std::{collections::BTreeMap, sync::Arc};

/// By `namespace/name`, or `name` where there are no namespaces.
pub(crate) struct Objects<K> {
    newest: BTreeMap<String, Arc<K>>,
    complete: bool,
}

/// An object that came or changed.
pub(crate) struct Change<K> {
    pub(crate) before: Option<Arc<K>>,
    pub(crate) object: Arc<K>,
}

impl<K> Default for Objects<K> {
    fn default() -> Self {
        Self { newest: BTreeMap::new(), complete: false }
    }
}

impl<K: Metadata<Ty = ObjectMeta>> Objects<K> {
    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Arc<K>> {
        self.newest.get(key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<K>> {
        self.newest.values()
    }

    /// Follows a watch. Gives back what came or changed.
    pub(crate) fn follow(&mut self, news: News<K>) -> Option<Change<K>> {
        match news {
            News::Applied(object) => return self.apply(object),
            News::Gone(object) => {
                self.newest.remove(&key(object.metadata()));
            }
            News::Only(keys) => {
                self.newest.retain(|key, _| keys.contains(key));
                self.complete = true;
            }
        }
        None
    }

    /// Takes over an object unless a newer version is known: what the scheduler has written itself counts at once, and
    /// the watch may come behind.
    pub(crate) fn apply(&mut self, mut object: K) -> Option<Change<K>> {
        object.metadata_mut().managed_fields = None;
        let key = key(object.metadata());
        let before = self.newest.get(&key).cloned();
        if before.as_ref().is_some_and(|known| !is_newer(object.metadata(), known.metadata())) {
            return None;
        }
        let object = Arc::new(object);
        self.newest.insert(key, object.clone());
        Some(Change { before, object })
    }
}

/// `namespace/name`, or `name` where there are no namespaces.
pub(crate) fn key(metadata: &ObjectMeta) -> String {
    let name = metadata.name.as_deref().unwrap_or_default();
    metadata.namespace.as_ref().map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"))
}

/// Versions of one kind can be compared as numbers (KEP-5504). What is none is what the watch says, and so newer.
fn is_newer(new: &ObjectMeta, known: &ObjectMeta) -> bool {
    let version = |metadata: &ObjectMeta| metadata.resource_version.as_ref()?.parse::<u64>().ok();
    version(new).zip(version(known)).is_none_or(|(new, known)| new > known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::PersistentVolume;
    use serde_json::json;

    fn volume(version: &str) -> PersistentVolume {
        serde_json::from_value(json!({ "metadata": { "name": "v", "resourceVersion": version } })).unwrap()
    }

    #[test]
    fn an_older_version_is_no_news() {
        let mut volumes = Objects::default();
        assert!(volumes.apply(volume("9")).is_some());
        assert!(volumes.follow(News::Applied(volume("8"))).is_none());
        assert!(volumes.follow(News::Applied(volume("9"))).is_none());
        let change = volumes.follow(News::Applied(volume("10"))).unwrap();
        assert_eq!(change.before.unwrap().metadata.resource_version.as_deref(), Some("9"));
        assert!(volumes.follow(News::Applied(volume("other"))).is_some());
        assert!(!volumes.is_complete());
        volumes.follow(News::Only(["w".to_owned()].into()));
        assert!(volumes.is_complete() && volumes.get("v").is_none());
    }
}
