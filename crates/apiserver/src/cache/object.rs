//! One object as the cache holds it, and one change of it.

use super::selectable;
use api::TABLES;
use bytes::Bytes;
use machinery::serializer;
use serde_json::Value;
use std::sync::{Arc, OnceLock};
use store::{Entry, Event, Revision};

/// What the fields for selectors take, roughly: some maps of a node each.
const SELECTABLE_BYTES: usize = 3 << 10;

/// An object as clients get it: JSON with its resourceVersion.
#[derive(Debug)]
pub struct Object {
    /// Its key in the store.
    pub key: String,
    /// Its resourceVersion.
    pub revision: Revision,
    /// The JSON text. Kept as text: a tree of it takes four times the memory.
    pub json: Bytes,
    /// The few fields that selectors look at.
    pub selectable: Value,
}

impl Object {
    /// Reads what the store holds under `key`. `None` if that is not JSON, which only damage can explain.
    pub fn new(key: String, stored: &[u8], revision: Revision) -> Option<Self> {
        let mut value: Value = serde_json::from_slice(stored).ok()?;
        set_revision(&mut value, revision);
        let json = serializer::to_json(&TABLES, &value).into();
        Some(Self { selectable: selectable::of(&key, &value), key, revision, json })
    }

    /// The same object at another revision.
    fn at(&self, revision: Revision) -> Option<Self> {
        Self::new(self.key.clone(), &self.json, revision)
    }

    /// About how much memory it takes.
    pub fn bytes(&self) -> usize {
        SELECTABLE_BYTES + self.key.len() + self.json.len()
    }

    /// The object as a tree.
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.json).unwrap_or_default()
    }

    pub(super) fn from_entry(entry: Entry) -> Option<Self> {
        Self::new(entry.key, &entry.value, entry.modified)
    }
}

/// Sets `metadata.resourceVersion`.
pub fn set_revision(value: &mut Value, revision: Revision) {
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("resourceVersion".into(), revision.to_string().into());
    }
}

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
