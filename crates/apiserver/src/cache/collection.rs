//! The objects of one kind, and their newest changes.

use super::{
    cached_object::Object,
    change::{Change, ChangeKind},
    window::{Next, Window},
};
use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};
use store::Revision;
use tokio::sync::watch::{Receiver, Sender};

/// The objects of one kind.
pub struct Collection {
    state: RwLock<State>,
    /// The revision of the newest change, for those who wait for the next.
    newest: Sender<Revision>,
}

struct State {
    objects: BTreeMap<String, Arc<Object>>,
    /// Keys under which the store holds what is no object, and since when.
    damaged: BTreeMap<String, Revision>,
    window: Window,
}

impl Collection {
    pub(super) fn new(revision: Revision) -> Self {
        let state = State { objects: BTreeMap::new(), damaged: BTreeMap::new(), window: Window::new(revision) };
        Self { state: RwLock::new(state), newest: Sender::new(revision) }
    }

    /// The object under `key`.
    pub fn get(&self, key: &str) -> Option<Arc<Object>> {
        self.read().objects.get(key).cloned()
    }

    /// The revision of what lies under `key` and is no object.
    pub fn damaged(&self, key: &str) -> Option<Revision> {
        self.read().damaged.get(key).copied()
    }

    /// Notes that what lies under `key` is no object, or that nothing does any more.
    pub(super) fn set_damaged(&self, key: &str, since: Option<Revision>) {
        let damaged = &mut self.write().damaged;
        match since {
            Some(since) => drop(damaged.insert(key.to_owned(), since)),
            None => drop(damaged.remove(key)),
        }
    }

    /// All objects whose key begins with `prefix`, by key.
    pub fn list(&self, prefix: &str) -> Vec<Arc<Object>> {
        self.read().below(prefix)
    }

    /// Objects, and the revision that changes follow them from without a gap.
    pub(super) fn list_to_watch(&self, prefix: &str) -> (Vec<Arc<Object>>, Revision) {
        let state = self.read();
        (state.below(prefix), state.window.newest())
    }

    /// The revision of the newest change.
    pub(super) fn newest(&self) -> Revision {
        self.read().window.newest()
    }

    /// What follows `revision`.
    pub(super) fn after(&self, revision: Revision) -> Next {
        self.read().window.after(revision)
    }

    /// Every change after this revision is in memory.
    pub(super) fn start(&self) -> Revision {
        self.read().window.start()
    }

    /// The revision of the newest change, as it grows.
    pub(super) fn subscribe(&self) -> Receiver<Revision> {
        self.newest.subscribe()
    }

    /// Takes in a change and tells those who wait for it.
    pub(super) fn apply(&self, change: Change) {
        let revision = change.object.revision;
        let mut state = self.write();
        let key = &change.object.key;
        state.damaged.remove(key);
        if change.kind == ChangeKind::Deleted {
            state.objects.remove(key);
        } else {
            state.objects.insert(key.clone(), Arc::clone(&change.object));
        }
        state.window.push(Arc::new(change));
        drop(state);
        self.newest.send_replace(revision);
    }

    /// Keeps few changes, as there have been none for a while.
    pub(super) fn rest(&self) {
        self.write().window.rest();
    }

    /// Starts anew with what the store holds at `revision`; watches that lack changes end, and resume from the store.
    pub(super) fn replace(&self, objects: BTreeMap<String, Arc<Object>>, revision: Revision) {
        *self.write() = State { objects, damaged: BTreeMap::new(), window: Window::new(revision) };
        self.newest.send_replace(revision);
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn below(&self, prefix: &str) -> Vec<Arc<Object>> {
        let from = self.objects.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        from.take_while(|(key, _)| key.starts_with(prefix)).map(|(_, object)| Arc::clone(object)).collect()
    }
}
