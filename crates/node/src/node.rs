//! The node as a whole: puts the parts together and runs them.

use crate::{
    Error,
    admission::{self, NodeObject},
    adoption::Leftovers,
    clock::Clock,
    container::Machine,
    directories::PodsDirectory,
    events::Recorder,
    images::ImagePuller,
    machine,
    metrics::Metrics,
    node_status::{Facts, Identity, NodeStatusReporter, NotReady, node_with_allocatable, renew_lease},
    pleg,
    pod_files::{ClusterDns, ResolvConf},
    pod_watch::watch_pods,
    pod_workers::{Context, PodWorkers, SharedContext},
    server::NodeService,
    status_manager::StatusManager,
    volumes::Volumes,
};
use k8s_openapi::api::core::v1::ContainerImage;
use kube::ResourceExt;
use network::Network;
use runtime::{
    Runtime,
    images::{ImageStore, RegistryConfig},
};
use std::{net::IpAddr, path::PathBuf, sync::Arc};
use tokio::{sync::watch, task::JoinSet};

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
        let clock = Clock::default();
        let facts = Facts::read(&config.data_dir);
        let identity = Identity {
            name: config.node_name.clone(),
            addresses: config.node_addresses.clone(),
            pod_cidrs: config.network.pod_cidrs().iter().map(|cidr| cidr.to_string()).collect(),
            max_pods: config.max_pods,
        };
        let (recorder, writer) = Recorder::new(config.client.clone(), config.node_name.clone(), clock.clone());
        let (runtime, runtime_events) =
            Runtime::start(runtime::Config { cgroup_parent: config.cgroup_parent.clone() })?;
        let admission = admission::Facts::read(&facts.kernel);
        let images = config.images.clone();
        let images = Arc::new(move || container_images(&images));
        let machine = machine::read(&facts, config.max_pods);
        let own = node_with_allocatable(&identity, &facts);
        let node_object = NodeObject::new(config.client.clone(), config.node_name.clone(), own);
        let reporter =
            NodeStatusReporter::new(config.client.clone(), identity, facts, clock.clone(), recorder.clone(), images);
        let context = Arc::new(context(config, runtime.clone(), recorder, machine, (admission, node_object), clock));
        let workers = PodWorkers::new(Arc::clone(&context));
        let health = watch::Sender::default();
        let service = NodeService {
            workers: workers.clone(),
            directory: context.directory.clone(),
            metrics: context.metrics.clone(),
            health: health.subscribe(),
            clock: context.clock.clone(),
        };

        let mut tasks = JoinSet::new();
        tasks.spawn(writer);
        tasks.spawn(keep_registered(Arc::clone(&context), reporter, health.subscribe()));
        let leftovers = Leftovers::find(&context).await?;
        tasks.spawn(pleg::dispatch(workers.clone(), runtime_events));
        let (clock, metrics) = (context.clock.clone(), context.metrics.clone());
        tasks.spawn(pleg::relist_for_ever(workers.clone(), clock, metrics, health));
        tasks.spawn(watch_pods(context, workers.clone(), leftovers));
        Ok(Self { workers, runtime, service, tasks })
    }

    /// The node's own HTTP API.
    #[must_use]
    pub fn service(&self) -> NodeService {
        self.service.clone()
    }

    /// Stops the node, with its pods or without them.
    pub async fn stop(mut self, pods: Pods) {
        if pods == Pods::Stop {
            self.workers.stop_all().await;
        }
        self.tasks.shutdown().await;
        if pods == Pods::Stop
            && let Err(error) = self.runtime.remove().await
        {
            tracing::warn!(%error, "cannot take the node's cgroups off the machine");
        }
    }
}

fn context(
    config: Config,
    runtime: Runtime,
    recorder: Recorder,
    machine: Machine,
    (admission, node_object): (admission::Facts, NodeObject),
    clock: Clock,
) -> Context {
    let client = config.client;
    let metrics = Metrics::default();
    Context {
        images: ImagePuller::new(config.images, config.registries, client.clone(), recorder.clone()),
        status_manager: StatusManager::new(client.clone(), metrics.clone()),
        volumes: Volumes::new(client.clone(), clock.clone(), machine.clone()),
        directory: PodsDirectory::new(&config.data_dir),
        seccomp_profiles: config.data_dir.join("seccomp"),
        cluster_dns: config.cluster_dns,
        node_resolv_conf: ResolvConf::parse(&std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default()),
        host_ips: config.node_addresses,
        node_name: config.node_name,
        network: config.network,
        cgroup_parent: config.cgroup_parent,
        admission,
        node_object,
        runtime,
        client,
        clock,
        machine,
        metrics,
        recorder,
    }
}

/// The Node object, its status, its lease.
async fn keep_registered(context: SharedContext, reporter: NodeStatusReporter, health: watch::Receiver<NotReady>) {
    let node = reporter.register().await;
    let uid = node.uid().unwrap_or_default();
    let lease = renew_lease(context.client.clone(), context.node_name.clone(), uid, context.clock.clone());
    tokio::join!(reporter.report(node, health, context.images.changed()), lease);
}

/// The images of the node as its object lists them: the fifty largest, as the kubelet does.
fn container_images(store: &ImageStore) -> Vec<ContainerImage> {
    const LISTED: usize = 50;
    let mut images = store.list().unwrap_or_else(|error| {
        tracing::warn!(%error, "cannot list the images");
        Vec::new()
    });
    images.sort_by_key(|image| std::cmp::Reverse(image.size));
    images
        .into_iter()
        .take(LISTED)
        .map(|image| ContainerImage {
            names: Some(image.repo_digests.into_iter().chain(image.references).collect()),
            size_bytes: i64::try_from(image.size).ok(),
        })
        .collect()
}
