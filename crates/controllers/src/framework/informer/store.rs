//! The objects that an informer knows, as a state machine: a watcher's events go in, what changed comes out.

use crate::framework::Key;
use kube::{Resource, ResourceExt, runtime::watcher};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

/// What happened to an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<K> {
    Added(Arc<K>),
    Changed { before: Arc<K>, after: Arc<K> },
    Deleted(Arc<K>),
}

impl<K> Event<K> {
    /// The object as it is now, or was at last.
    #[must_use]
    pub fn object(&self) -> &Arc<K> {
        match self {
            Self::Added(object) | Self::Changed { after: object, .. } | Self::Deleted(object) => object,
        }
    }
}

pub(super) struct Store<K> {
    objects: HashMap<Key, Arc<K>>,
    indexes: Vec<Index<K>>,
    /// While everything is listed again: what was listed so far.
    listed: HashSet<Key>,
}

struct Index<K> {
    name: &'static str,
    values: fn(&K) -> Vec<String>,
    keys: HashMap<String, BTreeSet<Key>>,
}

impl<K> Default for Store<K> {
    fn default() -> Self {
        Self { objects: HashMap::new(), indexes: Vec::new(), listed: HashSet::new() }
    }
}

impl<K: Resource<DynamicType = ()>> Store<K> {
    pub(super) fn get(&self, key: &Key) -> Option<Arc<K>> {
        self.objects.get(key).cloned()
    }

    pub(super) fn list(&self) -> Vec<Arc<K>> {
        self.objects.values().cloned().collect()
    }

    pub(super) fn indexed(&self, index: &str, value: &str) -> Vec<Arc<K>> {
        let index = self.indexes.iter().find(|candidate| candidate.name == index);
        let keys = index.and_then(|index| index.keys.get(value));
        keys.into_iter().flatten().filter_map(|key| self.get(key)).collect()
    }

    pub(super) fn index_by(&mut self, name: &'static str, values: fn(&K) -> Vec<String>) {
        if self.indexes.iter().any(|index| index.name == name) {
            return;
        }
        let mut index = Index { name, values, keys: HashMap::new() };
        self.objects.iter().for_each(|(key, object)| index.add(key, object));
        self.indexes.push(index);
    }

    /// What a watcher's event means.
    pub(super) fn follow(&mut self, event: watcher::Event<K>) -> Vec<Event<K>> {
        match event {
            watcher::Event::Init => {
                self.listed.clear();
                Vec::new()
            }
            watcher::Event::InitApply(object) => {
                self.listed.insert(Key::of(&object));
                self.put(object).into_iter().collect()
            }
            watcher::Event::InitDone => {
                let listed = std::mem::take(&mut self.listed);
                let gone: Vec<_> = self.objects.keys().filter(|key| !listed.contains(*key)).cloned().collect();
                gone.iter().filter_map(|key| self.remove(key)).collect()
            }
            watcher::Event::Apply(object) => self.put(object).into_iter().collect(),
            watcher::Event::Delete(object) => self.delete(object).into_iter().collect(),
        }
    }

    /// What is listed again and has not changed is no news.
    fn put(&mut self, object: K) -> Option<Event<K>> {
        let (key, after) = (Key::of(&object), Arc::new(object));
        let before = self.objects.insert(key.clone(), after.clone());
        if before.as_ref().is_some_and(|before| before.resource_version() == after.resource_version()) {
            return None;
        }
        for index in &mut self.indexes {
            if let Some(before) = &before {
                index.remove(&key, before);
            }
            index.add(&key, &after);
        }
        Some(match before {
            Some(before) => Event::Changed { before, after },
            None => Event::Added(after),
        })
    }

    /// The deleted object as it was at last.
    fn delete(&mut self, last: K) -> Option<Event<K>> {
        self.remove(&Key::of(&last)).map(|_| Event::Deleted(Arc::new(last)))
    }

    fn remove(&mut self, key: &Key) -> Option<Event<K>> {
        let object = self.objects.remove(key)?;
        self.indexes.iter_mut().for_each(|index| index.remove(key, &object));
        Some(Event::Deleted(object))
    }
}

impl<K> Index<K> {
    fn add(&mut self, key: &Key, object: &K) {
        for value in (self.values)(object) {
            self.keys.entry(value).or_default().insert(key.clone());
        }
    }

    fn remove(&mut self, key: &Key, object: &K) {
        for value in (self.values)(object) {
            if let Some(keys) = self.keys.get_mut(&value) {
                keys.remove(key);
                if keys.is_empty() {
                    self.keys.remove(&value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
