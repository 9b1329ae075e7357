//! What is made of objects and kept up to date by their changes, such as an index. It is brought up to date when it is
//! asked for: nobody waits for it, and at rest it costs nothing.

use super::{Cache, Collection, Object, window::Next};
use crate::target::Target;
use machinery::kind::Kind;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use store::Revision;

/// A value that follows from objects.
pub trait Follow: Default {
    /// Takes in that an object of a kind is no longer as it was `before` but as it is `after`; `None` where there is
    /// none.
    fn follow(&mut self, kind: &Kind, before: Option<&Object>, after: Option<&Object>);
}

/// A value that follows from the objects of some kinds.
pub struct Derived<T> {
    kinds: &'static [Kind],
    collections: Vec<(String, Arc<Collection>)>,
    state: RwLock<State<T>>,
}

struct State<T> {
    /// Up to where the changes of each collection are taken in; `None` before the beginning.
    seen: Option<Vec<Revision>>,
    value: T,
}

impl<T: Follow> Derived<T> {
    /// The value of the objects in a cache.
    pub fn new(cache: &Cache, kinds: &'static [Kind]) -> Self {
        let collection = |kind: &Kind| {
            let prefix = Target::all(kind.clone()).collection();
            let collection = cache.collection(&prefix);
            (prefix, collection)
        };
        let collections = kinds.iter().map(collection).collect();
        Self { kinds, collections, state: RwLock::new(State { seen: None, value: T::default() }) }
    }

    /// Looks at the value as it follows from what the cache holds now.
    pub fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        let state = self.shared();
        if self.is_current(&state) {
            return look(&state.value);
        }
        drop(state);
        let mut state = self.exclusive();
        if !self.advance(&mut state) {
            self.begin(&mut state);
        }
        look(&state.value)
    }

    fn is_current(&self, state: &State<T>) -> bool {
        let newest = self.collections.iter().map(|(_, collection)| collection.newest());
        state.seen.as_ref().is_some_and(|seen| newest.eq(seen.iter().copied()))
    }

    /// Takes in what has changed; `false` if that is no longer known.
    fn advance(&self, state: &mut State<T>) -> bool {
        let State { seen: Some(seen), value } = state else { return false };
        for ((kind, (_, collection)), seen) in self.kinds.iter().zip(&self.collections).zip(seen) {
            loop {
                match collection.after(*seen) {
                    Next::Nothing => break,
                    Next::Forgotten => return false,
                    Next::Change(change) => {
                        let after = (!change.is_end()).then_some(&*change.object);
                        value.follow(kind, change.previous.as_deref(), after);
                        *seen = change.object.revision;
                    }
                }
            }
        }
        true
    }

    /// Makes the value anew.
    fn begin(&self, state: &mut State<T>) {
        state.value = T::default();
        let mut seen = Vec::new();
        for (kind, (prefix, collection)) in self.kinds.iter().zip(&self.collections) {
            let (objects, revision) = collection.list_to_watch(prefix);
            for object in objects {
                state.value.follow(kind, None, Some(&object));
            }
            seen.push(revision);
        }
        state.seen = Some(seen);
    }

    fn shared(&self) -> RwLockReadGuard<'_, State<T>> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn exclusive(&self) -> RwLockWriteGuard<'_, State<T>> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{Change, ChangeKind};
    use api::kinds::{CONFIG_MAP, SECRET};
    use std::collections::BTreeSet;
    use store::MemoryStore;

    const KINDS: &[Kind] = &[CONFIG_MAP, SECRET];

    /// The keys that there are.
    #[derive(Default)]
    struct Keys(BTreeSet<String>);

    impl Follow for Keys {
        fn follow(&mut self, _: &Kind, before: Option<&Object>, after: Option<&Object>) {
            assert!(before.is_none_or(|before| self.0.remove(&before.key)));
            assert!(after.is_none_or(|after| self.0.insert(after.key.clone())));
        }
    }

    fn change(collection: &Collection, kind: ChangeKind, key: &str, revision: u64) {
        let object = Arc::new(Object::new(key.into(), b"{}", Revision(revision)).unwrap());
        let previous = collection.get(key);
        collection.apply(Change::new(kind, object, previous));
    }

    #[tokio::test]
    async fn it_is_what_the_objects_make_it_whatever_was_missed() {
        let cache = Cache::start(Arc::new(MemoryStore::new())).await.unwrap();
        let keys = Derived::<Keys>::new(&cache, KINDS);
        let read = || keys.read(|keys| keys.0.iter().cloned().collect::<Vec<_>>());
        assert!(read().is_empty());
        let (maps, secrets) = (cache.collection("core/configmaps/"), cache.collection("core/secrets/"));
        change(&maps, ChangeKind::Added, "core/configmaps/n/a", 2);
        change(&secrets, ChangeKind::Added, "core/secrets/n/s", 3);
        assert_eq!(read(), ["core/configmaps/n/a", "core/secrets/n/s"]);
        change(&maps, ChangeKind::Modified, "core/configmaps/n/a", 4);
        change(&secrets, ChangeKind::Deleted, "core/secrets/n/s", 5);
        assert_eq!(read(), ["core/configmaps/n/a"]);
        // More than are kept in memory.
        for revision in 6..2006 {
            change(&maps, ChangeKind::Added, &format!("core/configmaps/n/{revision}"), revision);
        }
        assert_eq!(read().len(), 2001);
        secrets.replace(std::collections::BTreeMap::new(), Revision(3000));
        maps.replace(std::collections::BTreeMap::new(), Revision(3000));
        assert!(read().is_empty());
    }
}
