//! Which kinds are served at this moment: those of the program, and those that are defined.

use machinery::{catalog::Catalog, kind::Kind};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The kinds that are served.
pub struct ServedKinds {
    /// Swapped whole when kinds come or go.
    catalog: watch::Sender<Arc<Catalog>>,
    defined: Mutex<HashMap<String, Defined>>,
    /// Ends all watches when the server stops.
    shutdown: CancellationToken,
}

/// What one definition has brought.
struct Defined {
    generation: i64,
    kinds: Vec<Kind>,
    /// Ends the watches on its objects.
    end: CancellationToken,
    is_going: bool,
}

impl ServedKinds {
    /// These kinds, for a start.
    pub fn new(catalog: Catalog, shutdown: CancellationToken) -> Self {
        let catalog = watch::Sender::new(Arc::new(catalog));
        Self { catalog, defined: Mutex::default(), shutdown }
    }

    /// The kinds of this moment.
    pub fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.borrow())
    }

    /// Puts another catalog in the place of the one that is served; requests under way end with theirs.
    pub fn change(&self, change: impl FnOnce(&Catalog) -> Catalog) {
        self.catalog.send_modify(|catalog| *catalog = Arc::new(change(catalog)));
    }

    /// Serves the kinds of a definition in the place of those that it had.
    pub(super) fn put(&self, name: &str, generation: i64, kinds: Vec<Kind>) {
        let mut defined = self.defined();
        let before = defined.get(name);
        let is_same = |before: &Defined| {
            let names = |kinds: &[Kind]| {
                kinds.iter().map(|kind| (kind.verbs, kind.kind.clone(), kind.short_names.clone())).collect::<Vec<_>>()
            };
            before.generation == generation && names(&before.kinds) == names(&kinds)
        };
        if before.is_some_and(is_same) {
            return;
        }
        let old = before.map(|before| before.kinds.clone()).unwrap_or_default();
        let (end, is_going) =
            before.map_or_else(|| (self.shutdown.child_token(), false), |one| (one.end.clone(), one.is_going));
        self.change(|catalog| catalog.without(&old).with(kinds.iter().cloned()));
        defined.insert(name.to_owned(), Defined { generation, kinds, end, is_going });
    }

    /// Serves the kinds of a definition no longer.
    pub(super) fn remove(&self, name: &str) {
        if let Some(gone) = self.defined().remove(name) {
            self.change(|catalog| catalog.without(&gone.kinds));
            gone.end.cancel();
        }
    }

    /// Notes that the objects of a definition are about to be deleted; false if that was noted before.
    pub(super) fn begin_cleanup(&self, name: &str) -> bool {
        let mut defined = self.defined();
        let one = defined.entry(name.to_owned()).or_insert_with(|| Defined {
            generation: 0,
            kinds: Vec::new(),
            end: self.shutdown.child_token(),
            is_going: false,
        });
        !std::mem::replace(&mut one.is_going, true)
    }

    /// When to end a watch on objects of a kind.
    pub fn end_of(&self, kind: &Kind) -> CancellationToken {
        let defined = self.defined();
        let definition = defined.values().find(|one| !kind.is_built_in() && one.kinds.contains(kind));
        definition.map_or_else(|| self.shutdown.clone(), |one| one.end.clone())
    }

    fn defined(&self) -> MutexGuard<'_, HashMap<String, Defined>> {
        self.defined.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
