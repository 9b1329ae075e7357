//! All objects in memory, fed by the store: what lists and watches are answered from.

mod cached_object;
mod change;
mod changes;
mod collection;
mod derived;
mod feed;
mod selectable;
mod window;

pub use cached_object::{Object, set_revision};
pub use change::{Change, ChangeKind};
pub use changes::Changes;
pub use collection::Collection;
pub use derived::{Derived, Follow};

use machinery::status::Status;
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use store::{Revision, Store};
use tokio::sync::watch;

/// How long a request waits for the cache (`--request-timeout` of the kube-apiserver).
const PATIENCE: Duration = Duration::from_mins(1);

/// The objects of all kinds as they were at one revision, which follows the store's.
pub struct Cache {
    store: Arc<dyn Store>,
    collections: RwLock<HashMap<String, Arc<Collection>>>,
    revision: watch::Sender<Revision>,
}

impl Cache {
    /// Reads the store and from then on follows it, in a task that ends when the cache is dropped.
    pub async fn start(store: Arc<dyn Store>) -> Result<Arc<Self>, store::Error> {
        let cache =
            Arc::new(Self { store, collections: RwLock::default(), revision: watch::Sender::new(Revision::INITIAL) });
        let after = cache.fill().await?;
        tokio::spawn(feed::follow(Arc::downgrade(&cache), after));
        Ok(cache)
    }

    /// The collection of keys that begin with `prefix`, such as `core/pods/`.
    pub fn collection(&self, prefix: &str) -> Arc<Collection> {
        let read = self.collections.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(collection) = read.get(prefix) {
            return Arc::clone(collection);
        }
        drop(read);
        let mut write = self.collections.write().unwrap_or_else(PoisonError::into_inner);
        let collection = write.entry(prefix.to_string()).or_insert_with(|| Arc::new(Collection::new(self.revision())));
        Arc::clone(collection)
    }

    /// The revision up to which the cache knows everything.
    pub fn revision(&self) -> Revision {
        *self.revision.borrow()
    }

    /// Waits until the cache knows everything that the store has acknowledged so far: a read after this sees every
    /// write that was answered before it.
    pub async fn catch_up(&self) -> Result<(), Status> {
        self.wait_for(self.store.revision()).await
    }

    /// Waits until the cache knows everything up to `revision`, but not for ever: the store may not be readable.
    pub async fn wait_for(&self, revision: Revision) -> Result<(), Status> {
        let mut reached = self.revision.subscribe();
        // The sender lives as long as the cache: only time can run out.
        let waited = tokio::time::timeout(PATIENCE, reached.wait_for(|reached| *reached >= revision)).await;
        waited.map(|_| ()).map_err(|_| late(revision, self.revision()))
    }

    /// The objects below `prefix`, which lies in the collection of keys that begin with `collection`, and the
    /// collection's changes from there on.
    pub fn list_and_watch(&self, collection: &str, prefix: &str) -> (Vec<Arc<Object>>, Changes) {
        let collection = self.collection(collection);
        let (objects, revision) = collection.list_to_watch(prefix);
        (objects, Changes::after(collection, revision))
    }

    /// The changes of a collection after `revision`: from memory if they are still there, else from the store.
    pub fn watch(&self, prefix: &str, after: Revision) -> Changes {
        let collection = self.collection(prefix);
        let start = collection.start();
        if after >= start {
            Changes::after(collection, after)
        } else {
            Changes::from_store(collection, start, self.store.past(prefix, after, start))
        }
    }

    fn advance(&self, revision: Revision) {
        self.revision.send_if_modified(|reached| {
            let newer = revision > *reached;
            *reached = revision.max(*reached);
            newer
        });
    }
}

/// The part of a key that names its collection: `core/pods/` of `core/pods/default/web`.
fn prefix_of(key: &str) -> Option<&str> {
    let end = key.match_indices('/').nth(1)?.0;
    key.get(..=end)
}

fn late(wanted: Revision, reached: Revision) -> Status {
    let message = format!("the store's changes are read up to revision {reached}, not yet to {wanted}");
    Status::timeout(message, 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::MemoryStore;

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_what_does_not_come_is_told() {
        let cache = Cache::start(Arc::new(MemoryStore::new())).await.unwrap();
        assert!(cache.catch_up().await.is_ok());
        assert_eq!(cache.wait_for(Revision(9)).await.unwrap_err().code(), 504);
    }
}
