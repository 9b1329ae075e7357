//! The store in memory: for tests, and for clusters that may forget everything.

use crate::{
    Entry, Error, Event, Result, Revision, Snapshot, Store, Watch, Write,
    history::{HistorySize, IN_MEMORY},
    watch::{self, History, Hub, PAGE},
};
use futures::{
    FutureExt,
    future::{self, BoxFuture},
};
use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A store that lives as long as its process.
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    hub: Arc<Hub>,
}

struct State {
    revision: Revision,
    objects: BTreeMap<String, Entry>,
    history: VecDeque<Event>,
    history_size: HistorySize,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        let state = State {
            revision: Revision::INITIAL,
            objects: BTreeMap::new(),
            history: VecDeque::new(),
            history_size: HistorySize::default(),
        };
        Self { state: Arc::new(Mutex::new(state)), hub: Arc::new(Hub::new(Revision::INITIAL)) }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for MemoryStore {
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Snapshot>> {
        future::ready(Ok(lock(&self.state).list(prefix))).boxed()
    }

    fn write(&self, write: Write) -> BoxFuture<'_, Result<Revision>> {
        async move {
            let mut state = lock(&self.state);
            let event = state.write(write)?;
            // Still under the lock: watchers are told in the order of the revisions.
            self.hub.publish(event.as_slice());
            Ok(state.revision)
        }
        .boxed()
    }

    fn watch(&self, prefix: &str, after: Revision) -> Watch {
        watch::watch(self.state.clone(), self.hub.clone(), prefix, after, watch::NEVER)
    }

    fn past(&self, prefix: &str, after: Revision, until: Revision) -> Watch {
        watch::watch(self.state.clone(), self.hub.clone(), prefix, after, until)
    }

    fn revision(&self) -> Revision {
        self.hub.revision()
    }

    fn compact(&self, before: Revision) -> BoxFuture<'_, Result<()>> {
        async move {
            let mut state = lock(&self.state);
            let oldest = before.min(state.revision);
            state.compact(oldest);
            self.hub.forget(oldest);
            Ok(())
        }
        .boxed()
    }
}

impl State {
    fn list(&self, prefix: &str) -> Snapshot {
        let from_prefix = self.objects.range(prefix.to_owned()..);
        let entries = from_prefix.take_while(|(key, _)| key.starts_with(prefix)).map(|(_, entry)| entry.clone());
        Snapshot { revision: self.revision, entries: entries.collect() }
    }

    fn write(&mut self, write: Write) -> Result<Option<Event>> {
        let current = self.objects.get(&write.key).cloned();
        let Some(event) = write.into_event(self.revision.next(), current)? else { return Ok(None) };
        self.revision = event.revision;
        match event.entry() {
            Some(entry) => self.objects.insert(entry.key.clone(), entry),
            None => self.objects.remove(&event.key),
        };
        self.history_size += HistorySize::one(event.bytes());
        self.history.push_back(event.clone());
        while self.history_size.exceeds(IN_MEMORY) && self.history.len() > 1 {
            self.forget_oldest();
        }
        Ok(Some(event))
    }

    fn compact(&mut self, oldest: Revision) {
        while self.history.front().is_some_and(|event| event.revision < oldest) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(event) = self.history.pop_front() {
            self.history_size -= HistorySize::one(event.bytes());
        }
    }

    fn events(&self, prefix: &str, after: Revision, until: Revision) -> Result<VecDeque<Event>> {
        let oldest = self.history.front().map_or(self.revision.next(), |event| event.revision);
        if after.next() < oldest {
            return Err(Error::Compacted { oldest });
        }
        let first = self.history.partition_point(|event| event.revision <= after);
        let wanted = self.history.range(first..).take_while(|event| event.revision <= until);
        let wanted = wanted.filter(|event| event.key.starts_with(prefix));
        Ok(PAGE.first(wanted.map(|event| Ok::<_, Infallible>(event.clone()))).unwrap_or_default())
    }
}

impl History for Mutex<State> {
    fn events<'a>(
        &'a self,
        prefix: &'a str,
        after: Revision,
        until: Revision,
    ) -> BoxFuture<'a, Result<VecDeque<Event>>> {
        future::ready(lock(self).events(prefix, after, until)).boxed()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
