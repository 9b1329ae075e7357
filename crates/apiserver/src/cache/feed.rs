//! Brings the store's events into the cache.

use super::{Cache, cached_object::Object, change::Change, prefix_of};
use futures::{Stream, StreamExt};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, Weak},
    time::Duration,
};
use store::{Event, Revision};

/// How long to wait before a store that failed is read again.
const RETRY: Duration = Duration::from_millis(500);
/// How long nothing must change for the cache to come to rest.
const REST: Duration = Duration::from_secs(2);

impl Cache {
    /// Reads the whole store and returns the revision it was read at.
    pub(super) async fn fill(&self) -> Result<Revision, store::Error> {
        let snapshot = self.store.list("").await?;
        let mut objects: HashMap<String, BTreeMap<String, Arc<Object>>> = HashMap::new();
        let mut damaged = Vec::new();
        for entry in snapshot.entries {
            let (key, revision) = (entry.key.clone(), entry.modified);
            if let (Some(prefix), Some(object)) = (prefix_of(&key), Object::from_entry(entry)) {
                objects.entry(prefix.to_string()).or_default().insert(key, Arc::new(object));
            } else {
                damaged.push((key, revision));
            }
        }
        let known = self.collections.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect::<Vec<_>>();
        for prefix in known {
            objects.entry(prefix).or_default();
        }
        for (prefix, objects) in objects {
            self.collection(&prefix).replace(objects, snapshot.revision);
        }
        for (key, revision) in damaged {
            self.damaged(&key, revision);
        }
        self.advance(snapshot.revision);
        Ok(snapshot.revision)
    }

    fn take_in(&self, event: Event) {
        let (key, revision, is_gone) = (event.key.clone(), event.revision, event.value.is_none());
        if let Some(prefix) = prefix_of(&key) {
            let collection = self.collection(prefix);
            match Change::from_event(event, collection.get(&key)) {
                Some(change) => collection.apply(change),
                None if is_gone => collection.set_damaged(&key, None),
                None => self.damaged(&key, revision),
            }
        }
        self.advance(revision);
    }

    /// What is no object is left out of lists and watches; who asks for it by its name is told.
    fn damaged(&self, key: &str, revision: Revision) {
        tracing::error!(key, %revision, "the store holds something that is not an object: left out");
        if let Some(prefix) = prefix_of(key) {
            self.collection(prefix).set_damaged(key, Some(revision));
        }
    }

    /// Keeps few changes, as there have been none for a while.
    fn rest(&self) {
        let collections = self.collections.read().unwrap_or_else(PoisonError::into_inner);
        collections.values().for_each(|collection| collection.rest());
    }
}

/// The next event; when it takes a while, the cache comes to rest meanwhile.
async fn next<T>(events: &mut (impl Stream<Item = T> + Unpin), cache: &Weak<Cache>) -> Option<T> {
    if let Ok(event) = tokio::time::timeout(REST, events.next()).await {
        return event;
    }
    if let Some(cache) = cache.upgrade() {
        cache.rest();
    }
    events.next().await
}

/// Follows the store's events after a revision for as long as the cache lives.
pub(super) async fn follow(cache: Weak<Cache>, mut after: Revision) {
    loop {
        let Some(mut events) = cache.upgrade().map(|cache| cache.store.watch("", after)) else { return };
        while let Some(event) = next(&mut events, &cache).await {
            let Some(cache) = cache.upgrade() else { return };
            match event {
                Ok(event) => cache.take_in(event),
                Err(error) => {
                    tracing::warn!(%error, "the store's events broke off: reading it anew");
                    break;
                }
            }
        }
        after = loop {
            let Some(cache) = cache.upgrade() else { return };
            match cache.fill().await {
                Ok(revision) => break revision,
                Err(error) => tracing::warn!(%error, "cannot read the store: trying again"),
            }
            drop(cache);
            tokio::time::sleep(RETRY).await;
        };
    }
}
