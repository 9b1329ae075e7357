//! One watch on the objects of a kind, for all who read them.

mod store;

use super::{Key, work_queue::WorkQueue};
use futures::{Stream, StreamExt};
use kube::{Resource, runtime::watcher};
use std::{
    pin::pin,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};
pub use store::Event;
use store::Store;
use tokio::sync::watch;

/// What there is of a kind, or of a selection of it, as the watch tells; and whom to tell of changes.
pub struct Informer<K> {
    shared: RwLock<Shared<K>>,
    synced: watch::Sender<bool>,
}

struct Shared<K> {
    store: Store<K>,
    readers: Vec<Reader<K>>,
}

/// Is told an event; answers whether it wants to hear more.
type Reader<K> = Box<dyn Fn(&Event<K>) -> bool + Send + Sync>;

impl<K> Default for Informer<K> {
    fn default() -> Self {
        let shared = RwLock::new(Shared { store: Store::default(), readers: Vec::new() });
        Self { shared, synced: watch::Sender::new(false) }
    }
}

impl<K: Resource<DynamicType = ()> + 'static> Informer<K> {
    /// The object of this key, if there is one.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Arc<K>> {
        self.read().store.get(key)
    }

    /// All objects.
    #[must_use]
    pub fn list(&self) -> Vec<Arc<K>> {
        self.read().store.list()
    }

    /// The objects that an index lists under a value.
    #[must_use]
    pub fn indexed(&self, index: &str, value: &str) -> Vec<Arc<K>> {
        self.read().store.indexed(index, value)
    }

    /// Keeps an index from now on: under which values each object is found. The first one of a name counts.
    pub fn index_by(&self, name: &'static str, values: fn(&K) -> Vec<String>) {
        self.write().store.index_by(name, values);
    }

    /// Adds to a queue the keys that each event, and each object that is there, calls for; as long as the queue lives.
    pub(super) fn feed(&self, queue: &Arc<WorkQueue>, keys: fn(&Event<K>) -> Vec<Key>) {
        let queue = Arc::downgrade(queue);
        let reader: Reader<K> = Box::new(move |event| {
            let Some(queue) = queue.upgrade() else { return false };
            for key in keys(event) {
                queue.add(key);
            }
            true
        });
        let mut shared = self.write();
        for object in shared.store.list() {
            reader(&Event::Added(object));
        }
        shared.readers.push(reader);
    }

    /// Becomes true once all objects are known.
    pub(super) fn synced(&self) -> watch::Receiver<bool> {
        self.synced.subscribe()
    }

    /// Follows a watch for as long as it lasts.
    pub(super) async fn follow(&self, events: impl Stream<Item = watcher::Result<watcher::Event<K>>>) {
        let mut events = pin!(events);
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => self.apply(event),
                Err(error) => {
                    tracing::warn!(%error, kind = %K::kind(&()), "an informer's watch failed and is resumed");
                }
            }
        }
    }

    fn apply(&self, event: watcher::Event<K>) {
        let is_complete = matches!(event, watcher::Event::InitDone);
        let mut shared = self.write();
        for event in shared.store.follow(event) {
            shared.readers.retain(|reader| reader(&event));
        }
        drop(shared);
        if is_complete {
            self.synced.send_replace(true);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Shared<K>> {
        self.shared.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Shared<K>> {
        self.shared.write().unwrap_or_else(PoisonError::into_inner)
    }
}
