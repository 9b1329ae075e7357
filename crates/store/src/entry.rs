//! What a store holds and what it says about changes: entries, writes, events.

use bytes::Bytes;
use std::fmt;

/// The number of a change: store-wide, increasing by one with every write, never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision of a store before its first write. As in etcd it is not 0, which Kubernetes' lists and watches
    /// take for "any version".
    pub const INITIAL: Self = Self(1);

    /// The revision that the next write gets.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// One object in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    /// The object as JSON text.
    pub value: Bytes,
    /// The revision that created the object under this key.
    pub created: Revision,
    /// The revision that last changed it.
    pub modified: Revision,
}

/// All objects under a prefix at one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Watching after this revision continues exactly where the snapshot ends.
    pub revision: Revision,
    /// Ordered by key.
    pub entries: Vec<Entry>,
}

/// What a write expects to find under its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// No object.
    Absent,
    /// An object last modified at this revision.
    Revision(Revision),
}

impl Expect {
    /// Whether `current`, the object found under the key, is what was expected.
    pub(crate) fn is_met_by(self, current: Option<&Entry>) -> bool {
        match self {
            Self::Absent => current.is_none(),
            Self::Revision(revision) => current.is_some_and(|entry| entry.modified == revision),
        }
    }
}

/// A conditional change of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    pub key: String,
    pub expect: Expect,
    /// The object's new JSON text; `None` deletes it.
    pub value: Option<Bytes>,
}

impl Write {
    /// A write that creates an object, and conflicts with one that exists.
    pub fn create(key: impl Into<String>, value: impl Into<Bytes>) -> Self {
        Self { key: key.into(), expect: Expect::Absent, value: Some(value.into()) }
    }

    /// A write that replaces the object last modified at `revision`.
    pub fn update(key: impl Into<String>, revision: Revision, value: impl Into<Bytes>) -> Self {
        Self { key: key.into(), expect: Expect::Revision(revision), value: Some(value.into()) }
    }

    /// A write that deletes the object last modified at `revision`.
    pub fn delete(key: impl Into<String>, revision: Revision) -> Self {
        Self { key: key.into(), expect: Expect::Revision(revision), value: None }
    }
}

/// One change, as watchers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub revision: Revision,
    pub key: String,
    /// The new JSON text; `None`: the object was deleted.
    pub value: Option<Bytes>,
    /// The object before the change; `None`: it was created.
    pub previous: Option<Entry>,
}

impl Event {
    /// The bytes of its texts.
    pub(crate) fn text_bytes(&self) -> usize {
        let previous = self.previous.as_ref().map(|entry| &entry.value);
        self.value.iter().chain(previous).map(Bytes::len).sum()
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + 2 * self.key.len() + self.text_bytes()
    }

    /// The object after the change; `None`: it was deleted.
    #[must_use]
    pub fn entry(&self) -> Option<Entry> {
        let created = self.previous.as_ref().map_or(self.revision, |previous| previous.created);
        self.value.clone().map(|value| Entry { key: self.key.clone(), value, created, modified: self.revision })
    }
}
