//! Moves what was committed from the write-ahead log into the database, beside the writer: done by the writer
//! itself, every so many commits would take 10 ms.

use super::file::{DatabaseFile, FinishedThread};
use crate::{Event, Result};
use rusqlite::Connection;
use std::sync::{
    Arc,
    mpsc::{self, Receiver, SyncSender},
};

/// How much is written, roughly, from one checkpoint to the next. Twice as much may be written while one is under way;
/// then writers wait for it. So the log is bounded, however slow the disk.
const INTERVAL_BYTES: usize = 4 << 20;
/// What a commit and each of its events add to the log beside the values: pages of tables and indexes.
const OVERHEAD_BYTES: usize = 4096;
/// Above this size the log is made to start over (32 MiB), for which the writer has to wait a moment. Otherwise it
/// starts over by itself as soon as a checkpoint reaches its end.
const LONG_LOG_PAGES: i64 = 8192;
/// So much of the log is moved quickly (2 MiB).
const SHORT_LOG_PAGES: i64 = 512;
/// How often a checkpoint goes after what was written meanwhile.
const PASSES: usize = 8;

/// The writer's side of the checkpoint thread, which ends when this is dropped.
pub(super) struct Checkpointer {
    written_bytes: usize,
    // Dropped before the thread is waited for: it tells the thread to finish.
    due: SyncSender<()>,
    _thread: FinishedThread,
}

impl Checkpointer {
    pub(super) fn start(file: Arc<DatabaseFile>) -> Result<Self> {
        let connection = file.connect_checkpointer()?;
        let (due, dues) = mpsc::sync_channel(1);
        let thread = file.clone().spawn("store-checkpoint", move || run(&file, &connection, &dues))?;
        Ok(Self { written_bytes: 0, due, _thread: thread })
    }

    /// Counts what a commit wrote, and has it moved when it is time: waits if that falls behind.
    pub(super) fn written(&mut self, events: &[Event]) {
        let events = events.iter().map(|event| OVERHEAD_BYTES + event.text_bytes());
        self.written_bytes += OVERHEAD_BYTES + events.sum::<usize>();
        if self.written_bytes >= INTERVAL_BYTES {
            self.written_bytes = 0;
            // Waits while a checkpoint is under way and the next one due. The thread lives as long as this channel.
            let _ = self.due.send(());
        }
    }
}

fn run(file: &DatabaseFile, connection: &Connection, dues: &Receiver<()>) {
    while dues.recv().is_ok() {
        if let Err(error) = checkpoint(connection).map_err(|error| file.error(error)) {
            // Nothing is lost: the log goes on growing, and the next checkpoint tries again.
            tracing::warn!(%error, "checkpoint of the store failed");
        }
    }
}

fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    let mut moved_pages = 0;
    let mut pages = 0;
    // While a checkpoint runs, a busy writer adds to the log. The fewer pages are left, the shorter the writer waits.
    for _ in 0..PASSES {
        pages = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |row| row.get::<_, i64>(1))?;
        if pages - moved_pages < SHORT_LOG_PAGES {
            break;
        }
        moved_pages = pages;
    }
    if pages > LONG_LOG_PAGES {
        connection.query_row("PRAGMA wal_checkpoint(RESTART)", (), |_| Ok(()))?;
    }
    Ok(())
}
