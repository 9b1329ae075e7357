//! The store in an `SQLite` database: one writer thread, readers beside it, and a checkpoint thread.

mod checkpoint;
mod file;
mod queries;
mod readers;
mod writer;

use crate::{
    Event, Result, Revision, Snapshot, Store, Watch, Write,
    watch::{self, History, Hub},
};
use file::DatabaseFile;
use futures::{FutureExt, future::BoxFuture};
use readers::Readers;
use std::{collections::VecDeque, path::Path, sync::Arc};
use writer::Writer;

/// A store in one `SQLite` file (and its `-wal`, `-shm` and `-lock` beside it).
///
/// What [`Store::write`] acknowledged is on disk and survives a crash of the process and of the machine. A write
/// goes on when its future is dropped. Dropping the store finishes the writes that wait.
pub struct SqliteStore {
    readers: Arc<Readers>,
    writer: Writer,
    hub: Arc<Hub>,
}

impl SqliteStore {
    /// Opens the store in the file at `path`, and makes the file if there is none.
    ///
    /// Blocks for some milliseconds. Fails with [`crate::Error::InUse`] while another store has the file open,
    /// [`crate::Error::Newer`] or [`crate::Error::Damaged`] when it cannot be understood.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let file = Arc::new(DatabaseFile::lock(path.as_ref())?);
        let mut connection = file.connect_writer()?;
        file.prepare_schema(&mut connection)?;
        let revision = queries::revision(&connection).map_err(|error| file.error(error))?;
        let hub = Arc::new(Hub::new(revision));
        let writer = Writer::start(&file, connection, hub.clone())?;
        Ok(Self { readers: Arc::new(Readers::new(file)), writer, hub })
    }
}

impl Store for SqliteStore {
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Snapshot>> {
        let prefix = prefix.to_owned();
        self.readers.read(move |connection| queries::list(connection, &prefix)).boxed()
    }

    fn write(&self, write: Write) -> BoxFuture<'_, Result<Revision>> {
        self.writer.write(write).boxed()
    }

    fn watch(&self, prefix: &str, after: Revision) -> Watch {
        watch::watch(self.readers.clone(), self.hub.clone(), prefix, after, watch::NEVER)
    }

    fn past(&self, prefix: &str, after: Revision, until: Revision) -> Watch {
        watch::watch(self.readers.clone(), self.hub.clone(), prefix, after, until)
    }

    fn revision(&self) -> Revision {
        self.hub.revision()
    }

    fn compact(&self, before: Revision) -> BoxFuture<'_, Result<()>> {
        async move {
            self.hub.forget(self.writer.compact(before).await?);
            Ok(())
        }
        .boxed()
    }
}

impl History for Readers {
    fn events<'a>(
        &'a self,
        prefix: &'a str,
        after: Revision,
        until: Revision,
    ) -> BoxFuture<'a, Result<VecDeque<Event>>> {
        let prefix = prefix.to_owned();
        async move { self.read(move |connection| queries::events(connection, &prefix, after, until)).await? }.boxed()
    }
}
