//! The one thread that writes. What waits while a commit is under way shares the next one.

use super::{
    checkpoint::Checkpointer,
    file::{DatabaseFile, FinishedThread},
    queries,
};
use crate::{Error, Event, Result, Revision, Write, watch::Hub};
use rusqlite::{Connection, TransactionBehavior};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// How many requests may wait; further callers wait to be let in.
const WAITING_REQUESTS: usize = 1024;
/// How many requests share a commit at most.
const GROUP_REQUESTS: usize = 256;
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
        let (requests, queue) = mpsc::channel(WAITING_REQUESTS);
        let writing = Writing { file: file.clone(), connection, hub, checkpointer };
        let thread = file.spawn("store-writer", move || writing.run(queue))?;
        Ok(Self { requests, _thread: thread })
    }

    pub(super) async fn write(&self, write: Write) -> Result<Revision> {
        self.request(Operation::Write(write)).await
    }

    pub(super) async fn compact(&self, before: Revision) -> Result<()> {
        let mut oldest = self.request(Operation::Forget { before }).await?;
        while oldest < before {
            let next = self.request(Operation::Forget { before }).await?;
            // The newest event always stays.
            if next == oldest {
                break;
            }
            oldest = next;
        }
        Ok(())
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
}

/// What a transaction did: the events it made, and an answer to each operation.
#[derive(Default)]
struct Outcome {
    events: Vec<Event>,
    answers: Vec<Result<Revision>>,
}

impl Writing {
    fn run(mut self, mut queue: mpsc::Receiver<Request>) {
        while let Some(first) = queue.blocking_recv() {
            let waiting = std::iter::from_fn(|| queue.try_recv().ok());
            self.serve(std::iter::once(first).chain(waiting).take(GROUP_REQUESTS).collect());
        }
    }

    fn serve(&mut self, requests: Vec<Request>) {
        let (operations, replies): (Vec<_>, Vec<_>) =
            requests.into_iter().map(|request| (request.operation, request.reply)).unzip();
        let answers = match self.commit(operations) {
            Ok(Outcome { events, answers }) => {
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
        let mut revision = self.hub.revision();
        let mut outcome = Outcome::default();
        for operation in operations {
            let answer = match operation {
                Operation::Forget { before } => Ok(queries::forget(&transaction, before, FORGOTTEN_EVENTS)?),
                Operation::Write(write) => {
                    let current = queries::get(&transaction, &write.key)?;
                    match write.into_event(revision.next(), current) {
                        Ok(Some(event)) => {
                            queries::apply(&transaction, &event)?;
                            revision = event.revision;
                            outcome.events.push(event);
                            Ok(revision)
                        }
                        Ok(None) => Ok(revision),
                        Err(conflict) => Err(conflict),
                    }
                }
            };
            outcome.answers.push(answer);
        }
        transaction.commit()?;
        Ok(outcome)
    }
}
