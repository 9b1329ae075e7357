//! All objects in memory, fed by the store: what lists and watches are answered from.

mod changes;
mod collection;
mod feed;
mod object;
mod selectable;
mod window;

pub use changes::Changes;
pub use collection::Collection;
pub use object::{Change, ChangeKind, Object, set_revision};

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};
use store::{Revision, Store};
use tokio::sync::watch;

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
    pub async fn catch_up(&self) {
        self.wait_for(self.store.revision()).await;
    }

    /// Waits until the cache knows everything up to `revision`.
    pub async fn wait_for(&self, revision: Revision) {
        // The sender lives as long as the cache: waiting cannot fail.
        let _ = self.revision.subscribe().wait_for(|reached| *reached >= revision).await;
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
