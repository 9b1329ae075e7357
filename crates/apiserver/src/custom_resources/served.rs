//! Which kinds are served at this moment: those of the program, and those that are defined.

use machinery::{catalog::Catalog, kind::Kind};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The kinds that are served.
pub struct ServedKinds {
    /// Swapped whole when kinds come or go.
    catalog: watch::Sender<Arc<Catalog>>,
    defined: Mutex<HashMap<String, Defined>>,
    /// Definitions whose objects are being deleted, by their uid.
    going: Mutex<HashSet<String>>,
    /// Ends all watches when the server stops.
    shutdown: CancellationToken,
}

/// What one definition has brought.
struct Defined {
    uid: String,
    generation: i64,
    kinds: Vec<Kind>,
    /// Ends the watches on its objects.
    end: CancellationToken,
}

impl ServedKinds {
    /// These kinds, for a start.
    pub fn new(catalog: Catalog, shutdown: CancellationToken) -> Self {
        let catalog = watch::Sender::new(Arc::new(catalog));
        Self { catalog, defined: Mutex::default(), going: Mutex::default(), shutdown }
    }

    /// The kinds of this moment.
    pub fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.borrow())
    }

    /// Puts another catalog in the place of the one that is served; requests under way end with theirs.
    pub fn change(&self, change: impl FnOnce(&Catalog) -> Catalog) {
        self.catalog.send_modify(|catalog| *catalog = Arc::new(change(catalog)));
    }

    /// Serves the kinds of a definition, of a uid and a generation, in the place of those that it had. Watches end that
    /// show objects as another generation has them.
    pub(super) fn put(&self, name: &str, (uid, generation): (&str, i64), kinds: Vec<Kind>) {
        let mut defined = self.defined();
        let before = defined.get(name);
        let is_of_generation = |before: &&Defined| before.uid == uid && before.generation == generation;
        let end = before.filter(is_of_generation).map_or_else(|| self.shutdown.child_token(), |one| one.end.clone());
        let names = |kinds: &[Kind]| {
            kinds.iter().map(|kind| (kind.verbs, kind.kind.clone(), kind.short_names.clone())).collect::<Vec<_>>()
        };
        if before.filter(is_of_generation).is_some_and(|before| names(&before.kinds) == names(&kinds)) {
            return;
        }
        let old = before.map(|before| before.kinds.clone()).unwrap_or_default();
        self.change(|catalog| catalog.without(&old).with(kinds.iter().cloned()));
        let now = Defined { uid: uid.to_owned(), generation, kinds, end };
        if let Some(before) = defined.insert(name.to_owned(), now)
            && (before.uid != uid || before.generation != generation)
        {
            before.end.cancel();
        }
    }

    /// Serves the kinds of a definition no longer.
    pub(super) fn remove(&self, name: &str) {
        if let Some(gone) = self.defined().remove(name) {
            self.change(|catalog| catalog.without(&gone.kinds));
            gone.end.cancel();
        }
    }

    /// Notes that the objects of the definition of that uid are being deleted; false if that was noted before.
    pub(super) fn begin_cleanup(&self, uid: &str) -> bool {
        self.going().insert(uid.to_owned())
    }

    /// The definition is gone.
    pub(super) fn end_cleanup(&self, uid: &str) {
        self.going().remove(uid);
    }

    /// When to end a watch on objects of a kind.
    pub fn end_of(&self, kind: &Kind) -> CancellationToken {
        let defined = self.defined();
        let definition = defined.values().find(|one| !kind.is_built_in() && one.kinds.contains(kind));
        definition.map_or_else(|| self.shutdown.clone(), |one| one.end.clone())
    }

    fn going(&self) -> MutexGuard<'_, HashSet<String>> {
        self.going.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn defined(&self) -> MutexGuard<'_, HashMap<String, Defined>> {
        self.defined.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
