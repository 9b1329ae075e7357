//! Reading connections: each read has one to itself, on a thread that may block.

use super::file::DatabaseFile;
use crate::{Error, Result};
use rusqlite::Connection;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// More would only wait for the same disk.
const READERS: usize = 4;

pub(super) struct Readers {
    file: Arc<DatabaseFile>,
    /// Connections at rest, with their prepared statements.
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Semaphore,
}

impl Readers {
    pub(super) fn new(file: Arc<DatabaseFile>) -> Self {
        Self { file, idle: Arc::default(), permits: Semaphore::new(READERS) }
    }

    /// Runs `read` beside the writer, which it neither waits for nor delays.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let _permit = self.permits.acquire().await.map_err(|_| Error::Closed)?;
        let (file, idle) = (self.file.clone(), self.idle.clone());
        let task = tokio::task::spawn_blocking(move || {
            let rested = lock(&idle).pop();
            let connection = rested.map_or_else(|| file.connect_reader(), Ok)?;
            let result = read(&connection).map_err(|error| file.error(error));
            lock(&idle).push(connection);
            result
        });
        task.await.map_err(|_| Error::Closed)?
    }
}

fn lock(idle: &Mutex<Vec<Connection>>) -> std::sync::MutexGuard<'_, Vec<Connection>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
