//! The database file: its lock, its connections, its schema, and what its errors mean.

use crate::{Error, Result};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
};

/// The version of the tables below, kept in the file's `user_version`; 0 is a file without tables.
const SCHEMA_VERSION: u32 = 1;

/// `history` has a row for every revision from the oldest known one to the newest, so that it also tells what the
/// current revision is and how far back watches can go.
const SCHEMA: &str = "
    CREATE TABLE objects (
        key      TEXT PRIMARY KEY NOT NULL,
        value    TEXT NOT NULL,
        created  INTEGER NOT NULL,
        modified INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE history (
        revision          INTEGER PRIMARY KEY,
        key               TEXT NOT NULL,
        value             TEXT,    -- NULL: the object was deleted
        previous          TEXT,    -- NULL: the object was created
        previous_created  INTEGER,
        previous_modified INTEGER
    ) STRICT;
";

/// What the write-ahead log is cut to when it starts over, so that a burst does not leave a large file behind.
const LOG_AT_REST_BYTES: u64 = 8 << 20;

/// A database file that no other store has open.
pub(super) struct DatabaseFile {
    path: PathBuf,
    /// Locked as long as it is open. A file of its own, because `SQLite`'s own locks go when any descriptor of the
    /// database file is closed (`SQLite`, "How To Corrupt", 2.2).
    lock: File,
}

impl Drop for DatabaseFile {
    /// A process that is being forked just now has the file too, until it executes its program.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

impl DatabaseFile {
    pub(super) fn lock(path: &Path) -> Result<Self> {
        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push("-lock");
        let lock_path = PathBuf::from(lock_path);
        let failed = |source| Error::Open { path: lock_path.clone(), source: Arc::new(source) };
        let lock = File::options().create(true).append(true).open(&lock_path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), lock }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// The connection that changes the database; each commit is synced to the disk.
    pub(super) fn connect_writer(&self) -> Result<Connection> {
        self.connect(
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            &format!(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
                PRAGMA journal_size_limit = {LOG_AT_REST_BYTES};"
            ),
        )
    }

    /// The connection that moves what was written from the log into the database.
    pub(super) fn connect_checkpointer(&self) -> Result<Connection> {
        self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE, "PRAGMA synchronous = FULL; PRAGMA cache_size = -64;")
    }

    pub(super) fn connect_reader(&self) -> Result<Connection> {
        self.connect(OpenFlags::SQLITE_OPEN_READ_ONLY, "PRAGMA cache_size = -128;")
    }

    fn connect(&self, access: OpenFlags, pragmas: &str) -> Result<Connection> {
        let open = || {
            let connection = Connection::open_with_flags(&self.path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            // Half a MiB, and less for who reads on: the operating system caches the file, the API server the objects.
            connection.execute_batch("PRAGMA cache_size = -512; PRAGMA mmap_size = 0;")?;
            connection.execute_batch(pragmas)?;
            Ok(connection)
        };
        open().map_err(|error| self.error(error))
    }

    /// Makes the tables in a new file; refuses a file of a later release.
    pub(super) fn prepare_schema(&self, connection: &mut Connection) -> Result<()> {
        let version = connection.query_row("PRAGMA user_version", (), |row| row.get::<_, u32>(0));
        match version.map_err(|error| self.error(error))? {
            0 => create_schema(connection).map_err(|error| self.error(error)),
            SCHEMA_VERSION => Ok(()),
            found => Err(Error::Newer { path: self.path.clone(), found, known: SCHEMA_VERSION }),
        }
    }

    /// Starts a thread that works on this file.
    pub(super) fn spawn(&self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<FinishedThread> {
        let thread = thread::Builder::new().name(name.into()).spawn(work);
        thread
            .map(|thread| FinishedThread(Some(thread)))
            .map_err(|source| Error::Open { path: self.path.clone(), source: Arc::new(source) })
    }

    /// What an error of `SQLite` means for this file.
    pub(super) fn error(&self, error: rusqlite::Error) -> Error {
        let path = self.path.clone();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Error::Full { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Error::Damaged { path, cause: Arc::new(error) }
            }
            _ => Error::Database { path, source: Arc::new(error) },
        }
    }
}

/// A thread that is waited for when its handle goes.
pub(super) struct FinishedThread(Option<JoinHandle<()>>);

impl Drop for FinishedThread {
    fn drop(&mut self) {
        if self.0.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("a thread of the store panicked");
        }
    }
}

fn create_schema(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(SCHEMA)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()
}
