//! The node as a whole: puts the parts together and runs them.

mod assembly;
mod surroundings;

use crate::{
    Error,
    adoption::Leftovers,
    blocking,
    breaks::breaks,
    clock::Clock,
    node_status::{NodeStatusReporter, NotReady, renew_lease},
    pleg,
    pod_files::ClusterDns,
    pod_workers::{PodWorkers, Shutdown},
    server::NodeService,
};
use assembly::Assembly;
use kube::ResourceExt;
use network::Network;
use runtime::{
    Runtime,
    images::{ImageStore, RegistryConfig},
};
use std::{net::IpAddr, path::PathBuf, sync::Arc};
use surroundings::Surroundings;
use tokio::{
    sync::{Notify, oneshot, watch},
    task::JoinSet,
};

/// How many pods a kubelet takes unless told otherwise.
pub const DEFAULT_MAX_PODS: u32 = 110;

/// What a node is made from.
pub struct Config {
    pub client: kube::Client,
    pub node_name: String,
    /// The node's own addresses, the preferred one first.
    pub node_addresses: Vec<IpAddr>,
    /// The instance's data directory; the node uses `pods/` and `seccomp/` below it.
    pub data_dir: PathBuf,
    /// The cgroup below which everything of this instance lives, from the root of each hierarchy.
    pub cgroup_parent: String,
    /// How many pods the node takes.
    pub max_pods: u32,
    pub network: Network,
    pub images: ImageStore,
    pub registries: RegistryConfig,
    pub cluster_dns: ClusterDns,
}

/// What becomes of the pods when the node stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pods {
    /// They go on; the next start takes them over.
    Leave,
    /// They are ended in order, and begin again with the next start.
    Stop,
}

/// A running node. Dropping it ends the node and leaves the pods.
pub struct Node {
    workers: PodWorkers,
    runtime: Runtime,
    service: NodeService,
    tasks: JoinSet<()>,
}

impl Node {
    /// Starts the node within a tokio runtime; it registers itself and takes over the pods of an earlier run while the
    /// caller goes on.
    pub async fn start(config: Config) -> Result<Self, Error> {
        let (data_dir, max_pods) = (config.data_dir.clone(), config.max_pods);
        let surroundings = blocking::run(move || Surroundings::read(&data_dir, max_pods)).await;
        let (runtime, events) = Runtime::start(runtime::Config { cgroup_parent: config.cgroup_parent.clone() })?;
        let (assembly, writer) = Assembly::new(config, surroundings, runtime.clone());
        let parts = Arc::new(assembly.parts());
        let leftovers = Leftovers::find(&parts).await?;
        let workers = PodWorkers::new(Arc::clone(&parts));
        let health = watch::Sender::default();
        let service = assembly.service(workers.clone(), health.subscribe());
        let (posted, is_posted) = oneshot::channel();

        let mut tasks = JoinSet::new();
        tasks.spawn(vital("writer of events", writer));
        let registration = Registration {
            client: assembly.config.client.clone(),
            reporter: assembly.status_reporter(),
            clock: assembly.clock.clone(),
            images_changed: assembly.images.changed(),
        };
        tasks.spawn(vital("registration", registration.keep(health.subscribe(), posted)));
        tasks.spawn(vital("dispatch of events", pleg::dispatch(workers.clone(), events)));
        let relist = pleg::relist_for_ever(workers.clone(), assembly.clock.clone(), assembly.metrics.clone(), health);
        tasks.spawn(vital("relist", relist));
        let watch = assembly.pod_watch(parts, workers.clone());
        let watch = async move { Box::pin(watch.run(leftovers)).await };
        tasks.spawn(vital("watch of pods", once(is_posted, watch)));
        Ok(Self { workers, runtime, service, tasks })
    }

    /// The node's own HTTP API.
    #[must_use]
    pub fn service(&self) -> NodeService {
        self.service.clone()
    }

    /// Stops the node, with its pods or without them. If `hurry` completes first, they are killed.
    pub async fn stop(mut self, pods: Pods, hurry: impl Future<Output = ()>) {
        if pods == Pods::Stop {
            tokio::select! {
                () = self.workers.stop_all(Shutdown::InOrder) => {}
                () = hurry => self.workers.stop_all(Shutdown::AtOnce).await,
            }
        }
        self.tasks.shutdown().await;
        if pods == Pods::Stop
            && let Err(error) = self.runtime.remove().await
        {
            tracing::warn!(%error, "cannot take the node's cgroups off the machine");
        }
    }
}

/// Runs a part without which the node only seems to be one. If it breaks, the process ends: whoever started it starts
/// it again, the pods go on meanwhile and are taken over.
async fn vital(part: &'static str, run: impl Future<Output = ()>) {
    if breaks(run).await {
        tracing::error!(part, "a part of the node broke; start minke again, the pods go on");
        std::process::exit(1);
    }
}

/// Pods come to a node whose capacity is known, so that nobody finds that they have no room on it.
async fn once(is_posted: oneshot::Receiver<()>, watch: impl Future<Output = ()>) {
    // An error means that the node ends before it was registered.
    if is_posted.await.is_ok() {
        watch.await;
    }
}

/// The Node object, its status, its lease.
struct Registration {
    client: kube::Client,
    reporter: NodeStatusReporter,
    clock: Clock,
    images_changed: Arc<Notify>,
}

impl Registration {
    async fn keep(self, health: watch::Receiver<NotReady>, posted: oneshot::Sender<()>) {
        let node = self.reporter.register().await;
        let lease = renew_lease(self.client, node.name_any(), node.uid().unwrap_or_default(), self.clock);
        tokio::join!(self.reporter.report(node, health, self.images_changed, posted), lease);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use std::pin::pin;

    #[test]
    fn no_pod_is_taken_before_the_capacity_is_known() {
        let (posted, is_posted) = oneshot::channel();
        let mut watched = false;
        {
            let mut watch = pin!(once(is_posted, async { watched = true }));
            assert_eq!(watch.as_mut().now_or_never(), None);
            posted.send(()).unwrap();
            assert_eq!(watch.as_mut().now_or_never(), Some(()));
        }
        assert!(watched);
        let (posted, is_posted) = oneshot::channel();
        drop(posted);
        assert_eq!(once(is_posted, async { panic!("the node has ended") }).now_or_never(), Some(()));
    }
}
