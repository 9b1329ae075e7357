//! What a controller is, and what runs it.

use super::{Context, Key, Setup, supervisor::supervise, work_queue::WorkQueue};
use crate::error::Error;
use futures::future::{BoxFuture, join_all};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::{Id, JoinError, JoinSet};

/// A row of the table of controllers.
#[derive(Clone, Copy)]
pub struct Row {
    /// As kube-controller-manager's `--controllers` has it.
    pub name: &'static str,
    /// The service account that it acts as (`cmd/kube-controller-manager/app`, `ClientOrDie`).
    pub service_account: &'static str,
    /// How many objects it works on at once.
    pub workers: usize,
    /// Names what it watches.
    pub start: fn(&mut Setup<'_>) -> Arc<dyn Controller>,
}

/// Brings objects to what is wished. Whoever only decides is a [`Reconciler`](super::Reconciler) with a pure function.
pub trait Controller: Send + Sync {
    /// Looks at one object, which may be gone.
    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Next, Error>>;
}

/// When a controller looks at an object again, if nothing happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// All is as it should be.
    Await,
    /// After a while, for the clock decides something.
    After(Duration),
    /// It did not work, for a reason that is told elsewhere: after a pause that grows.
    Retry,
}

/// Runs controllers side by side for ever; one that ends is started again, the others go on.
pub async fn run(rows: &[Row], context: Arc<Context>) {
    join_all(rows.iter().map(|row| {
        let (row, context) = (*row, context.clone());
        supervise(row.name, context.metrics.clone(), move || run_one(row, context.clone()))
    }))
    .await;
}

async fn run_one(row: Row, context: Arc<Context>) {
    let queue = Arc::new(WorkQueue::new(context.metrics.of_queue(row.name)));
    let mut setup = Setup::new(&context, context.clients.of(row.service_account), queue.clone());
    let controller = (row.start)(&mut setup);
    setup.synced().await;
    let mut workers = Workers { name: row.name, controller, queue, tasks: JoinSet::new(), keys: HashMap::new() };
    workers.run(row.workers).await;
}

/// What works on the keys of one controller. Each in a task of its own: a panic costs a retry of its object.
struct Workers {
    name: &'static str,
    controller: Arc<dyn Controller>,
    queue: Arc<WorkQueue>,
    tasks: JoinSet<Result<Next, Error>>,
    keys: HashMap<Id, (Key, Instant)>,
}

impl Workers {
    async fn run(&mut self, most: usize) {
        loop {
            tokio::select! {
                key = self.queue.next(), if self.tasks.len() < most => self.begin(key),
                Some(ended) = self.tasks.join_next_with_id() => match ended {
                    Ok((task, outcome)) => self.end(task, Ok(outcome)),
                    Err(error) => self.end(error.id(), Err(error)),
                },
            }
        }
    }

    fn begin(&mut self, key: Key) {
        let (controller, worked_on) = (self.controller.clone(), key.clone());
        let task = self.tasks.spawn(async move { controller.reconcile(&worked_on).await });
        self.keys.insert(task.id(), (key, Instant::now()));
    }

    fn end(&mut self, task: Id, outcome: Result<Result<Next, Error>, JoinError>) {
        let Some((key, begun)) = self.keys.remove(&task) else { return };
        match outcome {
            Ok(Ok(Next::Await)) => self.queue.forget(&key),
            Ok(Ok(Next::After(pause))) => {
                self.queue.forget(&key);
                self.queue.add_after(key.clone(), pause);
            }
            Ok(Ok(Next::Retry)) => self.queue.retry(&key),
            Ok(Err(error)) => {
                tracing::warn!(controller = self.name, %key, %error, "it is tried again");
                self.queue.retry(&key);
            }
            Err(panic) => {
                tracing::error!(controller = self.name, %key, %panic, "a fault of this program; it is tried again");
                self.queue.retry(&key);
            }
        }
        self.queue.done(&key, begun.elapsed());
    }
}
