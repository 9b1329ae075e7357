//! One change of an object.

use super::Object;
use std::sync::{Arc, OnceLock};
use store::Event;

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It replaced an older state of itself.
    Modified,
    /// It is gone.
    Deleted,
}

/// A change of one object.
#[derive(Debug)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// The new state; of a deleted object the last one, with the revision of its deletion.
    pub object: Arc<Object>,
    /// The state before.
    pub previous: Option<Arc<Object>>,
    left: OnceLock<Option<Arc<Object>>>,
}

impl Change {
    pub(super) fn new(kind: ChangeKind, object: Arc<Object>, previous: Option<Arc<Object>>) -> Self {
        Self { kind, object, previous, left: OnceLock::new() }
    }

    /// The change that a store's event describes.
    pub(super) fn from_event(event: Event, previous: Option<Arc<Object>>) -> Option<Self> {
        let previous = previous.or_else(|| event.previous.and_then(Object::from_entry).map(Arc::new));
        let (kind, object) = match (event.value, &previous) {
            (Some(value), None) => (ChangeKind::Added, Object::new(event.key, &value, event.revision)?),
            (Some(value), Some(_)) => (ChangeKind::Modified, Object::new(event.key, &value, event.revision)?),
            (None, Some(last)) => (ChangeKind::Deleted, last.at(event.revision)?),
            (None, None) => return None,
        };
        Some(Self::new(kind, Arc::new(object), previous))
    }

    /// Whether the object is gone.
    pub(super) fn is_end(&self) -> bool {
        self.kind == ChangeKind::Deleted
    }

    /// The object as those see it go who select it no longer: as it was, at the revision of this change
    /// (`k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go`, `convertToWatchEvent`).
    pub fn left(&self) -> Option<Arc<Object>> {
        let left = || match self.kind {
            ChangeKind::Deleted => Some(Arc::clone(&self.object)),
            _ => self.previous.as_ref()?.at(self.object.revision).map(Arc::new),
        };
        self.left.get_or_init(left).clone()
    }

    /// About how much memory it takes, together with the objects that only it may hold.
    pub(super) fn bytes(&self) -> usize {
        self.object.bytes() + self.previous.as_ref().map_or(0, |previous| previous.bytes())
    }
}
