//! The store in memory: for tests, and for clusters that may forget everything.

use crate::{
    Entry, Error, Event, Result, Revision, Snapshot, Store, Watch, Write,
    watch::{self, History, Hub},
};
use futures::{
    FutureExt,
    future::{self, BoxFuture},
};
use std::{
    collections::{BTreeMap, VecDeque},
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
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        let state = State { revision: Revision::INITIAL, objects: BTreeMap::new(), history: VecDeque::new() };
        Self { state: Arc::new(Mutex::new(state)), hub: Arc::new(Hub::new(Revision::INITIAL)) }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Entry>>> {
        future::ready(Ok(lock(&self.state).objects.get(key).cloned())).boxed()
    }

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
        watch::watch(self.state.clone(), self.hub.clone(), prefix, after)
    }

    fn revision(&self) -> Revision {
        self.hub.revision()
    }

    fn compact(&self, before: Revision) -> BoxFuture<'_, Result<()>> {
        async move {
            lock(&self.state).compact(before);
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
        self.history.push_back(event.clone());
        Ok(Some(event))
    }

    fn compact(&mut self, before: Revision) {
        let kept = before.min(self.revision);
        let forgotten = self.history.partition_point(|event| event.revision < kept);
        self.history.drain(..forgotten);
    }

    fn events(&self, prefix: &str, after: Revision, until: Revision, limit: usize) -> Result<Vec<Event>> {
        let oldest = self.history.front().map_or(self.revision.next(), |event| event.revision);
        if after.next() < oldest {
            return Err(Error::Compacted { oldest });
        }
        let first = self.history.partition_point(|event| event.revision <= after);
        let wanted = self.history.range(first..).take_while(|event| event.revision <= until);
        Ok(wanted.filter(|event| event.key.starts_with(prefix)).take(limit).cloned().collect())
    }
}

impl History for Mutex<State> {
    fn events<'a>(
        &'a self,
        prefix: &'a str,
        after: Revision,
        until: Revision,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Event>>> {
        future::ready(lock(self).events(prefix, after, until, limit)).boxed()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
