//! What can go wrong in a store.

use crate::{Entry, Revision};
use std::{io, path::PathBuf, sync::Arc};

/// What failed in a store, on what, and what to do about it.
///
/// It can be cloned because writes that share a transaction share its failure.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The object is not what the write expected.
    #[error("{key} is {}: read it again and repeat the change", found(current.as_ref()))]
    Conflict {
        key: String,
        /// The object as it is; `None` when there is none.
        current: Option<Entry>,
    },

    /// The events that a watch asked for are forgotten.
    #[error("the history before revision {oldest} is compacted: list again and watch from there")]
    Compacted {
        /// The revision of the oldest event that is still known.
        oldest: Revision,
    },

    /// Another server works on the same file.
    #[error("{} is in use by another server: stop it, or use another data directory", path.display())]
    InUse { path: PathBuf },

    /// The file was written by a later release.
    #[error(
        "{} has schema version {found}, this release knows versions up to {known}: use the release that wrote it",
        path.display()
    )]
    Newer { path: PathBuf, found: u32, known: u32 },

    /// The file is not, or no longer, a database.
    #[error("{} is damaged ({cause}): restore it from a copy", path.display())]
    Damaged { path: PathBuf, cause: Arc<rusqlite::Error> },

    /// No space is left for the change. Reads go on; writes succeed again as soon as there is space.
    #[error("no space left on the disk of {}: free some", path.display())]
    Full { path: PathBuf },

    /// `SQLite` failed in another way.
    #[error("{}: {source}", path.display())]
    Database { path: PathBuf, source: Arc<rusqlite::Error> },

    /// A file beside the database could not be made or opened.
    #[error("cannot open {}: {source}", path.display())]
    Open { path: PathBuf, source: Arc<io::Error> },

    /// The store was closed while the operation waited.
    #[error("the store is closed")]
    Closed,
}

fn found(current: Option<&Entry>) -> String {
    current.map_or("absent".into(), |entry| format!("at revision {}", entry.modified))
}
