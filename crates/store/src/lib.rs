//! A revisioned, watchable key-value store.
//!
//! Every write gets one revision: a number that is store-wide, increasing, without gaps, and never used twice. The
//! API server hands it out as an object's `resourceVersion`. [`SqliteStore`] keeps everything on disk,
//! [`MemoryStore`] in memory; both pass the same tests.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod compaction;
mod entry;
mod error;
mod history;
mod memory;
mod sqlite;
mod transition;
mod watch;

use futures::{future::BoxFuture, stream::BoxStream};

pub use compaction::{COMPACTION_INTERVAL, compact_regularly};
pub use entry::{Entry, Event, Expect, Revision, Snapshot, Write};
pub use error::Error;
pub use memory::MemoryStore;
pub use sqlite::SqliteStore;

/// What became of an operation on a store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The events of a watch in the order of their revisions. It ends after an error, and where [`Store::past`] does.
pub type Watch = BoxStream<'static, Result<Event>>;

/// A revisioned, watchable key-value store.
pub trait Store: Send + Sync {
    /// All objects whose key begins with `prefix`, ordered by key, as they were at one revision.
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Snapshot>>;

    /// Creates, replaces or deletes one object and returns the revision of that change.
    ///
    /// When it returns, the change is durable and watchers have been told. [`Error::Conflict`] carries the object
    /// that was found where the write expected another one, or none.
    fn write(&self, write: Write) -> BoxFuture<'_, Result<Revision>>;

    /// Every event with a key that begins with `prefix` and a revision above `after`: first those of the past, then,
    /// without a gap or a repetition, those to come. A revision that lies in the future is waited for.
    ///
    /// A slow reader neither delays writers, nor costs memory, nor misses an event: it catches up from the history.
    /// Where the history no longer reaches back far enough, [`Error::Compacted`] is the last item.
    fn watch(&self, prefix: &str, after: Revision) -> Watch;

    /// The same, but it ends when every event up to revision `until` was told.
    fn past(&self, prefix: &str, after: Revision, until: Revision) -> Watch;

    /// The revision of the last write that watchers have been told of; 1 in an empty store.
    fn revision(&self) -> Revision;

    /// Forgets the events before revision `before`. The objects themselves and the newest event always stay.
    ///
    /// A store forgets by itself, the oldest first, what is beyond its bounds in number and bytes.
    fn compact(&self, before: Revision) -> BoxFuture<'_, Result<()>>;
}
