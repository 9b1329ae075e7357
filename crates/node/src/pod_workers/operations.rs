//! What a worker has others do while it goes on listening, and what comes back from it.

use super::{
    context::{Context, SharedContext},
    merge::Listing,
    prepare::Prepared,
    sandbox::{self, CreatedSandbox},
    start::{Start, StartOutcome, remove_container},
};
use crate::{Error, directories::PodDirectory, pod::ContainerRecord, volumes::Volumes};
use futures::future::join_all;
use k8s_openapi::api::core::v1::{Container, Pod, PodStatus};
use runtime::Sandbox;
use std::{io, sync::Arc, time::Instant};
use tokio::task::JoinSet;
use tracing::Instrument;

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
pub struct Operations(JoinSet<Outcome>);

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

    fn spawn(&mut self, name: &'static str, operation: impl Future<Output = Outcome> + Send + 'static) {
        let timed = async move {
            let begun = Instant::now();
            let outcome = operation.await;
            tracing::debug!(operation = name, took = ?begun.elapsed(), "done");
            outcome
        };
        self.0.spawn(timed.in_current_span());
    }

    pub fn create_sandbox(&mut self, context: SharedContext, pod: Arc<Pod>, directory: PodDirectory, attempt: u32) {
        self.spawn("create sandbox", async move {
            Outcome::SandboxCreated(sandbox::create(&context, &pod, &directory, attempt).await)
        });
    }

    /// Ends the supervisor; without a handle on it, cleans up what it left.
    pub fn stop_sandbox(
        &mut self,
        context: SharedContext,
        sandbox: Option<Sandbox>,
        directory: PodDirectory,
        cgroup: String,
    ) {
        self.spawn("stop sandbox", async move {
            stop_sandbox(&context, sandbox.as_ref(), &directory, &cgroup).await;
            Outcome::SandboxStopped
        });
    }

    pub fn start(&mut self, context: SharedContext, start: Start, cancelled: tokio::sync::oneshot::Receiver<()>) {
        self.spawn("start container", async move {
            let container = Box::new(start.container.clone());
            let (outcome, prepared) = start.run(&context, cancelled).await;
            Outcome::StartEnded { container, outcome, prepared }
        });
    }

    /// Sends a signal, or with None kills every process of the container.
    pub fn kill(&mut self, context: SharedContext, sandbox: Option<Sandbox>, id: String, signal: Option<i32>) {
        self.spawn("kill container", async move {
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
        self.spawn("remove container", async move {
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
        mut refresher: JoinSet<()>,
    ) {
        self.spawn("delete pod", async move {
            let uid = pod.metadata.uid.clone().unwrap_or_default();
            // Nobody may write to volumes that are being removed.
            refresher.shutdown().await;
            // The last status is on its way while the node is cleaned up.
            context.status_manager.set(&pod, status.clone());
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
    remove_folder(context, uid, directory);
    release_images(context, containers).await;
}

async fn release_images(context: &Context, containers: &[ContainerRecord]) {
    let store = context.images.store();
    let releases = containers.iter().map(async |record| {
        if let Err(error) = store.release(&record.id).await {
            tracing::warn!(%error, container = record.name, "cannot release the container's image");
        }
    });
    join_all(releases).await;
}

fn remove_folder(context: &Context, uid: &str, directory: &PodDirectory) {
    if let Err(error) = context.network.release(uid) {
        tracing::warn!(%error, "cannot release the pod's address");
    }
    if let Err(error) = Volumes::tear_down(directory) {
        tracing::warn!(%error, "cannot remove the pod's volumes");
        return;
    }
    if let Err(error) = put_away(context, uid, directory)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "cannot remove the pod's folder");
    }
}

/// Moves the folder aside and removes it while the pod's end goes on: the kernel takes tens of milliseconds to let go of
/// folders that containers had their file systems mounted on.
fn put_away(context: &Context, uid: &str, directory: &PodDirectory) -> io::Result<()> {
    let removed = context.directory.removed();
    std::fs::create_dir_all(removed)?;
    let aside = removed.join(uid);
    std::fs::rename(directory.path(), &aside)?;
    tokio::spawn(async move {
        if let Err(error) = tokio::fs::remove_dir_all(&aside).await {
            tracing::warn!(%error, path = %aside.display(), "cannot remove the folder of a pod that is gone");
        }
    });
    Ok(())
}
