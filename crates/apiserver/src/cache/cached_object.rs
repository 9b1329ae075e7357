//! One object as the cache holds it.

use super::selectable;
use api::TABLES;
use bytes::Bytes;
use machinery::serializer;
use serde_json::Value;
use store::{Entry, Revision};

/// An object as clients get it: JSON with its resourceVersion.
#[derive(Debug)]
pub struct Object {
    /// Its key in the store.
    pub key: String,
    /// Its resourceVersion.
    pub revision: Revision,
    /// The JSON text. Kept as text: a tree of it takes four times the memory.
    pub json: Bytes,
    /// The few fields that selectors look at, as JSON text: most objects are seldom looked at, and a tree of a few fields
    /// takes more than the whole text.
    pub(super) selectable: Box<[u8]>,
}

impl Object {
    /// Reads what the store holds under `key`. `None` if that is not JSON, which only damage can explain.
    pub fn new(key: String, stored: &[u8], revision: Revision) -> Option<Self> {
        let mut value: Value = serde_json::from_slice(stored).ok()?;
        set_revision(&mut value, revision);
        let json = serializer::to_json(&TABLES, &value).into();
        let selectable = serde_json::to_vec(&selectable::of(&key, &value)).ok()?.into();
        Some(Self { key, revision, json, selectable })
    }

    /// The same object at another revision.
    pub(super) fn at(&self, revision: Revision) -> Option<Self> {
        Self::new(self.key.clone(), &self.json, revision)
    }

    /// About how much memory it takes.
    pub fn bytes(&self) -> usize {
        self.selectable.len() + self.key.len() + self.json.len()
    }

    /// The few fields that selectors look at.
    pub fn selectable(&self) -> Value {
        serde_json::from_slice(&self.selectable).unwrap_or_default()
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
