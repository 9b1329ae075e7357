//! The objects of one kind, their recent changes, and who follows them.

use super::object::{Change, Object};
use futures::{StreamExt, stream::BoxStream};
use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};
use store::Revision;
use tokio::sync::mpsc;

/// How many changes are kept for watches that resume.
const WINDOW: usize = 1024;
/// How many changes a watch may lag behind before it has to resume.
const BACKLOG: usize = 1024;

/// The objects of one kind.
pub struct Collection {
    state: RwLock<State>,
}

struct State {
    objects: BTreeMap<String, Arc<Object>>,
    window: VecDeque<Arc<Change>>,
    /// The window holds every change after this revision.
    window_start: Revision,
    watchers: Vec<mpsc::Sender<Arc<Change>>>,
}

impl Collection {
    pub(super) fn new(revision: Revision) -> Self {
        let (objects, window) = (BTreeMap::new(), VecDeque::new());
        Self { state: RwLock::new(State { objects, window, window_start: revision, watchers: Vec::new() }) }
    }

    /// The object under `key`.
    pub fn get(&self, key: &str) -> Option<Arc<Object>> {
        self.read().objects.get(key).cloned()
    }

    /// All objects whose key begins with `prefix`, by key.
    pub fn list(&self, prefix: &str) -> Vec<Arc<Object>> {
        self.read().below(prefix)
    }

    /// Objects and the changes that follow them, without a gap between.
    pub fn list_and_watch(&self, prefix: &str) -> (Vec<Arc<Object>>, Changes) {
        let mut state = self.write();
        (state.below(prefix), state.subscribe(Vec::new()))
    }

    /// The changes after `revision`, or `None` if some of them are no longer in memory.
    pub(super) fn watch(&self, after: Revision) -> Option<Changes> {
        let mut state = self.write();
        if after < state.window_start {
            return None;
        }
        let first = state.window.partition_point(|change| change.object.revision <= after);
        let missed = state.window.range(first..).cloned().collect();
        Some(state.subscribe(missed))
    }

    /// Takes in a change and passes it on.
    pub(super) fn apply(&self, change: Change) {
        let change = Arc::new(change);
        let mut state = self.write();
        let key = &change.object.key;
        if change.kind == super::ChangeKind::Deleted {
            state.objects.remove(key);
        } else {
            state.objects.insert(key.clone(), Arc::clone(&change.object));
        }
        // Who cannot keep up loses its channel and resumes from where it was.
        state.watchers.retain(|watcher| watcher.try_send(Arc::clone(&change)).is_ok());
        state.window.push_back(change);
        if state.window.len() > WINDOW
            && let Some(oldest) = state.window.pop_front()
        {
            state.window_start = oldest.object.revision;
        }
    }

    /// Starts anew with what the store holds at `revision`; watches end, and resume from the store.
    pub(super) fn replace(&self, objects: BTreeMap<String, Arc<Object>>, revision: Revision) {
        let mut state = self.write();
        *state = State { objects, window: VecDeque::new(), window_start: revision, watchers: Vec::new() };
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

    fn subscribe(&mut self, missed: Vec<Arc<Change>>) -> Changes {
        let (sender, receiver) = mpsc::channel(BACKLOG);
        self.watchers.retain(|watcher| !watcher.is_closed());
        self.watchers.push(sender);
        Changes { missed: missed.into(), source: Source::Live(receiver) }
    }
}

/// Changes in the order of their revisions.
pub struct Changes {
    missed: VecDeque<Arc<Change>>,
    source: Source,
}

enum Source {
    Live(mpsc::Receiver<Arc<Change>>),
    Store(BoxStream<'static, store::Result<Change>>),
}

impl Changes {
    pub(super) fn from_store(events: store::Watch) -> Self {
        let changes = events.filter_map(|event| async {
            match event {
                Ok(event) => Change::from_event(event, None).map(Ok),
                Err(error) => Some(Err(error)),
            }
        });
        Self { missed: VecDeque::new(), source: Source::Store(changes.boxed()) }
    }

    /// The next change; `None` when the reader was too slow and has to resume; an error when the store has none.
    pub async fn next(&mut self) -> Option<store::Result<Arc<Change>>> {
        if let Some(change) = self.missed.pop_front() {
            return Some(Ok(change));
        }
        match &mut self.source {
            Source::Live(receiver) => receiver.recv().await.map(Ok),
            Source::Store(stream) => Some(stream.next().await?.map(Arc::new)),
        }
    }

    /// The next change if it is there already. (The store's history says nothing of the present: `None`.)
    pub fn next_ready(&mut self) -> Option<Arc<Change>> {
        match &mut self.source {
            _ if !self.missed.is_empty() => self.missed.pop_front(),
            Source::Live(receiver) => receiver.try_recv().ok(),
            Source::Store(_) => None,
        }
    }

    /// Whether everything up to the cache's revision is here: a bookmark may say so.
    pub fn is_live(&self) -> bool {
        matches!(self.source, Source::Live(_))
    }
}
