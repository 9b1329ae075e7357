//! One watch on the objects of a kind, for all who read them.

mod store;

use super::{Key, work_queue::WorkQueue};
use futures::{Stream, StreamExt};
use kube::{Resource, runtime::watcher};
use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};
pub use store::Event;
use store::Store;
use tokio::sync::watch;

/// What there is of a kind, or of a selection of it, as the watch tells; and whom to tell of changes.
pub struct Informer<K> {
    store: RwLock<Store<K>>,
    /// Called while the store is not locked: they may look things up, in this informer or in others.
    readers: Mutex<Vec<Reader<K>>>,
    synced: watch::Sender<bool>,
}

/// Is told an event; answers whether it wants to hear more.
type Reader<K> = Box<dyn Fn(&Event<K>) -> bool + Send + Sync>;

impl<K> Default for Informer<K> {
    fn default() -> Self {
        Self { store: RwLock::default(), readers: Mutex::default(), synced: watch::Sender::new(false) }
    }
}

impl<K: Resource<DynamicType = ()> + 'static> Informer<K> {
    /// The object of this key, if there is one.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Arc<K>> {
        self.read().get(key)
    }

    /// All objects.
    #[must_use]
    pub fn list(&self) -> Vec<Arc<K>> {
        self.read().list()
    }

    /// The objects that an index lists under a value.
    #[must_use]
    pub fn indexed(&self, index: &str, value: &str) -> Vec<Arc<K>> {
        self.read().indexed(index, value)
    }

    /// Keeps an index from now on: under which values each object is found. The first one of a name counts.
    pub fn index_by(&self, name: &'static str, values: fn(&K) -> Vec<String>) {
        self.write().index_by(name, values);
    }

    /// Adds to a queue the keys that each event, and each object that is there, calls for; as long as the queue lives.
    pub(super) fn feed(&self, queue: &Arc<WorkQueue>, keys: impl Fn(&Event<K>) -> Vec<Key> + Send + Sync + 'static) {
        let queue = Arc::downgrade(queue);
        let reader: Reader<K> = Box::new(move |event| {
            let Some(queue) = queue.upgrade() else { return false };
            for key in keys(event) {
                queue.add(key);
            }
            true
        });
        let mut readers = self.readers();
        for object in self.list() {
            reader(&Event::Added(object));
        }
        readers.push(reader);
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
        // Whoever begins to read in between is told some of it twice, and misses nothing.
        let events = self.write().follow(event);
        for event in events {
            self.readers().retain(|reader| reader(&event));
        }
        if is_complete {
            self.synced.send_replace(true);
        }
    }

    fn readers(&self) -> MutexGuard<'_, Vec<Reader<K>>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> RwLockReadGuard<'_, Store<K>> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Store<K>> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }
}
