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
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(file: Arc<DatabaseFile>) -> Self {
        Self { file, idle: Arc::default(), permits: Arc::new(Semaphore::new(READERS)) }
    }

    /// Runs `read` beside the writer, which it neither waits for nor delays.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| Error::Closed)?;
        let (file, idle) = (self.file.clone(), self.idle.clone());
        let task = tokio::task::spawn_blocking(move || {
            let rested = lock(&idle).pop();
            let connection = rested.map_or_else(|| file.connect_reader(), Ok)?;
            let result = read(&connection).map_err(|error| file.error(error));
            lock(&idle).push(connection);
            // Only now: who asked may have gone, while the thread and the connection were still in use.
            drop(permit);
            result
        });
        task.await.map_err(|_| Error::Closed)?
    }
}

fn lock(idle: &Mutex<Vec<Connection>>) -> std::sync::MutexGuard<'_, Vec<Connection>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn a_read_that_nobody_waits_for_any_longer_holds_its_permit() {
        let folder = tempfile::tempdir().unwrap();
        let file = DatabaseFile::lock(&folder.path().join("db")).unwrap();
        file.prepare_schema(&mut file.connect_writer().unwrap()).unwrap();
        let readers = Readers::new(Arc::new(file));
        let ((start, running), (finish, finished)) = (oneshot::channel(), mpsc::channel::<()>());
        let read = readers.read(move |_| {
            let _ = start.send(());
            let _ = finished.recv();
            Ok(())
        });
        tokio::select! {
            _ = read => panic!("it is not to end"),
            started = running => started.unwrap(),
        }
        assert_eq!(readers.permits.available_permits(), READERS - 1);
        drop(finish);
        let all = readers.permits.acquire_many(READERS.try_into().unwrap()).await;
        assert!(all.is_ok(), "it comes back when the thread is done");
    }
}
