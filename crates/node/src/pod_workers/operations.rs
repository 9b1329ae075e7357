//! What a worker has others do while it goes on listening, and what comes back from it.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Container, Pod, PodStatus};
use runtime::Sandbox;
use tracing::Instrument;

use super::context::{Context, SharedContext};
use super::merge::Listing;
use super::prepare::Prepared;
use super::sandbox::{self, CreatedSandbox};
use super::start::{Start, StartOutcome, remove_container};
use crate::Error;
use crate::directories::PodDirectory;
use crate::pod::ContainerRecord;
use crate::volumes::Volumes;

/// The end of an operation.
pub enum Outcome {
    SandboxCreated(Result<CreatedSandbox, Error>),
    /// Also when the stop failed: then what is left is the next start's to clean up.
    SandboxStopped,
    StartEnded {
        container: Box<Container>,
        outcome: StartOutcome,
        prepared: Option<Prepared>,
    },
    Signalled,
    /// A signal could not be sent; what the supervisor says instead.
    Listed(Listing),
    /// Neither could a signal be sent to this container, nor does anybody know of it.
    Unreachable(String),
    ContainerRemoved(String),
    /// The pod is gone from the node and from the API server.
    PodDeleted,
}

/// Operations that are under way.
#[derive(Default)]
pub struct Operations(tokio::task::JoinSet<Outcome>);

impl Operations {
    /// The next one to end; never, if none is under way.
    pub async fn next(&mut self) -> Outcome {
        loop {
            match self.0.join_next().await {
                Some(Ok(outcome)) => return outcome,
                Some(Err(error)) => tracing::error!(%error, "an operation on a pod broke"),
                None => std::future::pending().await,
            }
        }
    }

    fn spawn(&mut self, operation: impl Future<Output = Outcome> + Send + 'static) {
        self.0.spawn(operation.in_current_span());
    }

    pub fn create_sandbox(&mut self, context: SharedContext, pod: Arc<Pod>, directory: PodDirectory, attempt: u32) {
        self.spawn(async move { Outcome::SandboxCreated(sandbox::create(&context, &pod, &directory, attempt).await) });
    }

    /// Ends the supervisor; without a handle on it, cleans up what it left.
    pub fn stop_sandbox(
        &mut self,
        context: SharedContext,
        sandbox: Option<Sandbox>,
        directory: PodDirectory,
        cgroup: String,
    ) {
        self.spawn(async move {
            stop_sandbox(&context, sandbox.as_ref(), &directory, &cgroup).await;
            Outcome::SandboxStopped
        });
    }

    pub fn start(&mut self, context: SharedContext, start: Start, cancelled: tokio::sync::oneshot::Receiver<()>) {
        self.spawn(async move {
            let container = Box::new(start.container.clone());
            let (outcome, prepared) = start.run(&context, cancelled).await;
            Outcome::StartEnded { container, outcome, prepared }
        });
    }

    /// Sends a signal, or with None kills every process of the container.
    pub fn kill(&mut self, context: SharedContext, sandbox: Option<Sandbox>, id: String, signal: Option<i32>) {
        self.spawn(async move {
            let Some(sandbox) = sandbox else { return Outcome::Unreachable(id) };
            let killed = match signal {
                Some(signal) => sandbox.kill(&id, signal).await,
                None => sandbox.kill_all(&id).await,
            };
            let Err(error) = killed else { return Outcome::Signalled };
            tracing::debug!(%error, container = id, "cannot kill a container");
            // It may have ended by itself, and the news of it may be on the way.
            let asked_at = context.clock.now();
            match sandbox.containers().await {
                Ok(states) => Outcome::Listed(Listing { asked_at, states }),
                Err(_) => Outcome::Unreachable(id),
            }
        });
    }

    pub fn remove_container(
        &mut self,
        context: SharedContext,
        sandbox: Option<Sandbox>,
        directory: PodDirectory,
        record: ContainerRecord,
    ) {
        self.spawn(async move {
            if let Some(sandbox) = sandbox
                && let Err(error) = sandbox.remove_container(&record.id).await
            {
                tracing::debug!(%error, container = record.name, "the supervisor does not remove a container");
            }
            remove_container(&context, &directory, &record).await;
            Outcome::ContainerRemoved(record.id)
        });
    }

    pub fn delete_pod(
        &mut self,
        context: SharedContext,
        pod: Arc<Pod>,
        status: PodStatus,
        directory: PodDirectory,
        containers: Vec<ContainerRecord>,
    ) {
        self.spawn(async move {
            let uid = pod.metadata.uid.clone().unwrap_or_default();
            clean_up(&context, &uid, &directory, &containers).await;
            context.status_manager.finish(&pod, status).await;
            Outcome::PodDeleted
        });
    }
}

/// Ends a sandbox, or what is left of it.
pub async fn stop_sandbox(context: &Context, sandbox: Option<&Sandbox>, directory: &PodDirectory, cgroup: &str) {
    let stopped = match sandbox {
        Some(sandbox) => sandbox.stop().await,
        None => context.runtime.cleanup(directory.path(), cgroup).await,
    };
    if let Err(error) = stopped {
        tracing::warn!(%error, "cannot stop the pod's sandbox");
    }
}

/// Takes away all that a pod without a sandbox has on the node. What cannot be removed now is tried again at the next
/// start, when the folder belongs to no pod.
pub async fn clean_up(context: &Context, uid: &str, directory: &PodDirectory, containers: &[ContainerRecord]) {
    for record in containers {
        if let Err(error) = context.images.store().release(&record.id).await {
            tracing::warn!(%error, container = record.name, "cannot release the container's image");
        }
    }
    if let Err(error) = context.network.release(uid) {
        tracing::warn!(%error, "cannot release the pod's address");
    }
    if let Err(error) = Volumes::tear_down(directory) {
        tracing::warn!(%error, "cannot remove the pod's volumes");
        return;
    }
    match tokio::fs::remove_dir_all(directory.path()).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, "cannot remove the pod's folder");
        }
        _ => {}
    }
}
