//! The one thread that writes. What waits while a commit is under way shares the next one.

use super::{
    checkpoint::Checkpointer,
    file::{DatabaseFile, FinishedThread},
    queries,
};
use crate::{
    Error, Event, Result, Revision, Write,
    history::{HistorySize, ON_DISK},
    watch::Hub,
};
use bytes::Bytes;
use rusqlite::{Connection, TransactionBehavior};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// How many requests may wait; further callers wait to be let in.
const WAITING_REQUESTS: usize = 1024;
/// How many requests share a commit at most.
const GROUP_REQUESTS: usize = 256;
/// How much they write together, roughly.
const GROUP_BYTES: usize = 4 << 20;
/// How many events one request forgets at most, so that writes need not wait for a long compaction.
const FORGOTTEN_EVENTS: u64 = 1000;

/// The handle of the writing thread.
pub(super) struct Writer {
    // Dropped before the thread is waited for: it tells the thread to finish.
    requests: mpsc::Sender<Request>,
    _thread: FinishedThread,
}

struct Request {
    operation: Operation,
    reply: oneshot::Sender<Result<Revision>>,
}

enum Operation {
    /// Answered with the revision of the change.
    Write(Write),
    /// Forgets some of the events before a revision. Answered with the oldest revision that is still known.
    Forget { before: Revision },
}

impl Writer {
    pub(super) fn start(file: &Arc<DatabaseFile>, connection: Connection, hub: Arc<Hub>) -> Result<Self> {
        let checkpointer = Checkpointer::start(file.clone())?;
        let history = queries::history_size(&connection).map_err(|error| file.error(error))?;
        let (requests, queue) = mpsc::channel(WAITING_REQUESTS);
        let writing = Writing { file: file.clone(), connection, hub, checkpointer, history };
        let thread = file.spawn("store-writer", move || writing.run(queue))?;
        Ok(Self { requests, _thread: thread })
    }

    pub(super) async fn write(&self, write: Write) -> Result<Revision> {
        self.request(Operation::Write(write)).await
    }

    /// Returns the oldest revision that is still known.
    pub(super) async fn compact(&self, before: Revision) -> Result<Revision> {
        let mut oldest = self.request(Operation::Forget { before }).await?;
        while oldest < before {
            let next = self.request(Operation::Forget { before }).await?;
            // The newest event always stays.
            if next == oldest {
                break;
            }
            oldest = next;
        }
        Ok(oldest)
    }

    async fn request(&self, operation: Operation) -> Result<Revision> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request { operation, reply }).await.map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)?
    }
}

/// What the writing thread works with.
struct Writing {
    file: Arc<DatabaseFile>,
    connection: Connection,
    hub: Arc<Hub>,
    checkpointer: Checkpointer,
    history: HistorySize,
}

/// What a transaction did: the events it made, what it left of the history, and an answer to each operation.
struct Outcome {
    revision: Revision,
    events: Vec<Event>,
    history: HistorySize,
    answers: Vec<Result<Revision>>,
}

impl Writing {
    fn run(mut self, mut queue: mpsc::Receiver<Request>) {
        while let Some(first) = queue.blocking_recv() {
            self.serve(group(first, &mut queue));
        }
    }

    fn serve(&mut self, requests: Vec<Request>) {
        let (operations, replies): (Vec<_>, Vec<_>) =
            requests.into_iter().map(|request| (request.operation, request.reply)).unzip();
        let answers = match self.commit(operations) {
            Ok(Outcome { events, history, answers, .. }) => {
                self.history = history;
                self.hub.publish(&events);
                self.checkpointer.written(&events);
                answers
            }
            Err(error) => vec![Err(self.file.error(error)); replies.len()],
        };
        for (reply, answer) in replies.into_iter().zip(answers) {
            // A caller that no longer waits needs no answer.
            let _ = reply.send(answer);
        }
    }

    /// Carries all operations out, each under its own condition, in one transaction.
    fn commit(&mut self, operations: Vec<Operation>) -> rusqlite::Result<Outcome> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (revision, history) = (self.hub.revision(), self.history);
        let mut outcome = Outcome { revision, events: Vec::new(), history, answers: Vec::new() };
        for operation in operations {
            let answer = match operation {
                Operation::Forget { before } => outcome.forget(&transaction, before).map(Ok)?,
                Operation::Write(write) => outcome.write(&self.file, &transaction, write)?,
            };
            outcome.answers.push(answer);
        }
        if outcome.history.exceeds(ON_DISK) {
            outcome.history -= queries::forget_excess(&transaction, outcome.history, ON_DISK)?;
        }
        transaction.commit()?;
        Ok(outcome)
    }
}

impl Outcome {
    fn write(
        &mut self,
        file: &DatabaseFile,
        transaction: &Connection,
        write: Write,
    ) -> rusqlite::Result<Result<Revision>> {
        let current = match queries::get(transaction, &write.key) {
            Ok(current) => current,
            // It says so to this writer, and not to those who share the transaction.
            Err(error) if error.sqlite_error_code().is_none() => return Ok(Err(file.error(error))),
            Err(error) => return Err(error),
        };
        match write.into_event(self.revision.next(), current) {
            Ok(Some(event)) => {
                queries::apply(transaction, &event)?;
                self.history += HistorySize::one(event.text_bytes());
                self.revision = event.revision;
                self.events.push(event);
                Ok(Ok(self.revision))
            }
            Ok(None) => Ok(Ok(self.revision)),
            Err(conflict) => Ok(Err(conflict)),
        }
    }

    fn forget(&mut self, transaction: &Connection, before: Revision) -> rusqlite::Result<Revision> {
        let (oldest, gone) = queries::forget(transaction, before, FORGOTTEN_EVENTS)?;
        self.history -= gone;
        Ok(oldest)
    }
}

/// The requests that share the next commit: those that wait, within bounds.
fn group(first: Request, queue: &mut mpsc::Receiver<Request>) -> Vec<Request> {
    let mut bytes = first.operation.bytes();
    let mut requests = vec![first];
    while requests.len() < GROUP_REQUESTS
        && bytes < GROUP_BYTES
        && let Ok(request) = queue.try_recv()
    {
        bytes += request.operation.bytes();
        requests.push(request);
    }
    requests
}

impl Operation {
    fn bytes(&self) -> usize {
        match self {
            Self::Write(write) => write.value.as_ref().map_or(0, Bytes::len),
            Self::Forget { .. } => 0,
        }
    }
}
