//! What a worker has others do while it goes on listening, and what comes back from it.

use super::{
    killer::{Blow, Hit},
    merge::Listing,
    parts::SharedParts,
    preparer::Prepared,
    refresher::Refreshing,
    sandboxes::CreatedSandbox,
    starter::{Start, StartOutcome},
};
use crate::{Error, directories::PodDirectory, pod::ContainerRecord};
use backoff::Backoff;
use k8s_openapi::api::core::v1::{Container, Pod, PodStatus};
use runtime::Sandbox;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::oneshot, task::JoinSet};
use tracing::Instrument;

/// How long to wait after a sandbox could not be stopped.
const STOP_BACKOFF: Backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(10), jitter: 0.0 };

/// The end of an operation.
pub enum Outcome {
    SandboxCreated(Result<CreatedSandbox, Error>),
    SandboxStopped,
    /// It is still there, after so many attempts in a row.
    SandboxNotStopped {
        sandbox: Option<Sandbox>,
        failures: u32,
    },
    StartEnded {
        container: Box<Container>,
        outcome: StartOutcome,
        prepared: Option<Prepared>,
    },
    Signalled,
    /// A signal could not be sent to this container; what the supervisor says instead.
    Missed(String, Listing),
    /// Neither could a signal be sent to this container, nor does anybody know of it.
    Unreachable(String),
    ContainerRemoved(String),
    /// The pod is gone from the node and from the API server.
    PodDeleted,
}

/// The operations on one pod that are under way.
pub struct Operations {
    parts: SharedParts,
    directory: PodDirectory,
    tasks: JoinSet<Outcome>,
    /// Starts that can still be given up, by container name.
    cancels: HashMap<String, oneshot::Sender<()>>,
    /// Ids of containers that are being removed.
    removing: HashSet<String>,
}

impl Operations {
    pub fn new(parts: SharedParts, directory: PodDirectory) -> Self {
        Self { parts, directory, tasks: JoinSet::new(), cancels: HashMap::new(), removing: HashSet::new() }
    }

    /// The next one to end; never, if none is under way.
    pub async fn next(&mut self) -> Outcome {
        loop {
            match self.tasks.join_next().await {
                Some(Ok(outcome)) => return self.ended(outcome),
                // What is under way cannot be known any more: the worker breaks with it, and another takes over.
                Some(Err(error)) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(error) => tracing::error!(%error, "an operation on a pod was cancelled"),
                },
                None => std::future::pending().await,
            }
        }
    }

    fn ended(&mut self, outcome: Outcome) -> Outcome {
        match &outcome {
            Outcome::StartEnded { container, .. } => drop(self.cancels.remove(&container.name)),
            Outcome::ContainerRemoved(id) => drop(self.removing.remove(id)),
            _ => {}
        }
        outcome
    }

    fn spawn(&mut self, name: &'static str, operation: impl Future<Output = Outcome> + Send + 'static) {
        let timed = async move {
            let begun = Instant::now();
            let outcome = operation.await;
            tracing::debug!(operation = name, took = ?begun.elapsed(), "done");
            outcome
        };
        self.tasks.spawn(timed.in_current_span());
    }

    pub fn create_sandbox(&mut self, pod: Arc<Pod>, attempt: u32) {
        let (parts, directory) = (Arc::clone(&self.parts), self.directory.clone());
        self.spawn("create sandbox", async move {
            Outcome::SandboxCreated(parts.sandboxes.create(&pod, &directory, attempt).await)
        });
    }

    /// Ends the supervisor; without a handle on it, cleans up what it left. Waits first if that has failed before.
    pub fn stop_sandbox(&mut self, sandbox: Option<Sandbox>, cgroup: String, failures: u32) {
        let (parts, directory) = (Arc::clone(&self.parts), self.directory.clone());
        self.spawn("stop sandbox", async move {
            tokio::time::sleep(pause_before_stop(failures)).await;
            match parts.sandboxes.stop(sandbox.as_ref(), &directory, &cgroup).await {
                Ok(()) => Outcome::SandboxStopped,
                Err(_) => Outcome::SandboxNotStopped { sandbox, failures: failures.saturating_add(1) },
            }
        });
    }

    pub fn start(&mut self, mut start: Start) {
        let parts = Arc::clone(&self.parts);
        let (cancel, cancelled) = oneshot::channel();
        self.cancels.insert(start.container.name.clone(), cancel);
        self.spawn("start container", async move {
            let outcome = parts.starter.start(&mut start, cancelled).await;
            Outcome::StartEnded { container: Box::new(start.container), outcome, prepared: start.prepared }
        });
    }

    /// Gives up a start, unless it is past that.
    pub fn cancel_start(&mut self, name: &str) {
        if let Some(cancel) = self.cancels.remove(name) {
            // An error means that the start has ended.
            let _ = cancel.send(());
        }
    }

    pub fn kill(&mut self, sandbox: Option<Sandbox>, id: String, blow: Blow) {
        let parts = Arc::clone(&self.parts);
        self.spawn("kill container", async move {
            match parts.killer.strike(sandbox.as_ref(), &id, blow).await {
                Hit::Done => Outcome::Signalled,
                Hit::Listed(listing) => Outcome::Missed(id, listing),
                Hit::Unreachable => Outcome::Unreachable(id),
            }
        });
    }

    pub fn remove_container(&mut self, sandbox: Option<Sandbox>, record: ContainerRecord) {
        if !self.removing.insert(record.id.clone()) {
            return;
        }
        let (parts, directory) = (Arc::clone(&self.parts), self.directory.clone());
        self.spawn("remove container", async move {
            if let Some(sandbox) = sandbox
                && let Err(error) = sandbox.remove_container(&record.id).await
            {
                tracing::debug!(%error, container = record.name, "the supervisor does not remove a container");
            }
            parts.remover.remove_container(&directory, &record).await;
            Outcome::ContainerRemoved(record.id)
        });
    }

    pub fn delete_pod(
        &mut self,
        pod: Arc<Pod>,
        status: PodStatus,
        containers: Vec<ContainerRecord>,
        refreshing: Refreshing,
    ) {
        let (parts, directory) = (Arc::clone(&self.parts), self.directory.clone());
        self.spawn("delete pod", async move {
            let uid = pod.metadata.uid.clone().unwrap_or_default();
            refreshing.stop().await;
            let clean_up = parts.remover.remove_pod(&uid, &directory, &containers);
            parts.reporter.finish(&pod, status, clean_up).await;
            Outcome::PodDeleted
        });
    }
}

/// A sandbox that could not be stopped so often in a row is tried again, later and later.
fn pause_before_stop(failures: u32) -> Duration {
    if failures == 0 { Duration::ZERO } else { STOP_BACKOFF.pause(failures, 0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sandbox_is_stopped_at_once_and_then_again_and_again() {
        let seconds = [0, 1, 2, 3, 4, 5, 100].map(|failures| pause_before_stop(failures).as_secs());
        assert_eq!(seconds, [0, 1, 2, 4, 8, 10, 10]);
    }
}
