//! Puts together what the node works with: each part gets what it uses.

use super::{Config, surroundings::Surroundings};
use crate::{
    admission::{Admitter, NodeObject},
    clock::Clock,
    directories::PodsDirectory,
    events::Recorder,
    images::ImagePuller,
    metrics::Metrics,
    node_status::{Identity, NodeStatusReporter, NotReady, node_with_allocatable},
    pod_watch::PodWatch,
    pod_workers::{
        Cgroups, Killer, Parts, PodWorkers, Preparer, Refresher, Remover, Reporter, STARTS_AT_ONCE, Sandboxes,
        SharedParts, Starter,
    },
    server::NodeService,
    status_manager::StatusManager,
    volumes::Volumes,
};
use k8s_openapi::api::core::v1::ContainerImage;
use runtime::{Runtime, images::ImageStore};
use std::sync::{Arc, atomic::AtomicBool};
use tokio::sync::{Semaphore, watch};

/// What the parts are made from.
pub struct Assembly {
    pub config: Config,
    pub clock: Clock,
    pub metrics: Metrics,
    pub images: Arc<ImagePuller>,
    surroundings: Surroundings,
    runtime: Runtime,
    recorder: Recorder,
    directory: PodsDirectory,
    cgroups: Cgroups,
    volumes: Volumes,
}

impl Assembly {
    /// Also gives the writer of events, which must run for them to arrive.
    pub fn new(config: Config, surroundings: Surroundings, runtime: Runtime) -> (Self, impl Future<Output = ()>) {
        let clock = Clock::default();
        let (recorder, writer) = Recorder::new(config.client.clone(), config.node_name.clone(), clock.clone());
        let (store, registries) = (config.images.clone(), config.registries.clone());
        let assembly = Self {
            images: Arc::new(ImagePuller::new(store, registries, config.client.clone(), recorder.clone())),
            directory: PodsDirectory::new(&config.data_dir),
            cgroups: Cgroups::new(config.cgroup_parent.clone()),
            volumes: Volumes::new(config.client.clone(), clock.clone(), surroundings.machine.clone()),
            metrics: Metrics::default(),
            clock,
            config,
            surroundings,
            runtime,
            recorder,
        };
        (assembly, writer)
    }

    pub fn parts(&self) -> Parts {
        let preparer = Arc::new(self.preparer());
        let remover = Arc::new(self.remover());
        Parts {
            clock: self.clock.clone(),
            directory: self.directory.clone(),
            cgroups: self.cgroups.clone(),
            recorder: self.recorder.clone(),
            sandboxes: self.sandboxes(Arc::clone(&preparer)),
            starter: self.starter(preparer, Arc::clone(&remover)),
            killer: Killer { images: Arc::clone(&self.images), clock: self.clock.clone() },
            remover,
            refresher: Refresher {
                client: self.config.client.clone(),
                volumes: self.volumes.clone(),
                recorder: self.recorder.clone(),
            },
            reporter: self.reporter(),
        }
    }

    fn preparer(&self) -> Preparer {
        Preparer {
            volumes: self.volumes.clone(),
            recorder: self.recorder.clone(),
            metrics: self.metrics.clone(),
            node_name: self.config.node_name.clone(),
            cluster_dns: self.config.cluster_dns.clone(),
            node_resolv_conf: self.surroundings.resolv_conf.clone(),
            has_warned_of_node: AtomicBool::default(),
        }
    }

    fn sandboxes(&self, preparer: Arc<Preparer>) -> Sandboxes {
        Sandboxes {
            runtime: self.runtime.clone(),
            network: self.config.network.clone(),
            preparer,
            cgroups: self.cgroups.clone(),
            clock: self.clock.clone(),
            metrics: self.metrics.clone(),
        }
    }

    fn starter(&self, preparer: Arc<Preparer>, remover: Arc<Remover>) -> Starter {
        Starter {
            client: self.config.client.clone(),
            images: Arc::clone(&self.images),
            preparer,
            remover,
            cgroups: self.cgroups.clone(),
            clock: self.clock.clone(),
            machine: self.surroundings.machine.clone(),
            metrics: self.metrics.clone(),
            recorder: self.recorder.clone(),
            host_ips: self.config.node_addresses.clone(),
            seccomp_profiles: self.config.data_dir.join("seccomp"),
            places: Semaphore::new(STARTS_AT_ONCE),
        }
    }

    fn remover(&self) -> Remover {
        Remover {
            images: Arc::clone(&self.images),
            network: self.config.network.clone(),
            removed: self.directory.removed().to_owned(),
        }
    }

    fn reporter(&self) -> Reporter {
        Reporter {
            status_manager: StatusManager::new(self.config.client.clone(), self.metrics.clone()),
            recorder: self.recorder.clone(),
            metrics: self.metrics.clone(),
            host_ips: self.config.node_addresses.clone(),
        }
    }

    pub fn service(&self, workers: PodWorkers, health: watch::Receiver<NotReady>) -> NodeService {
        NodeService {
            workers,
            directory: self.directory.clone(),
            metrics: self.metrics.clone(),
            health,
            clock: self.clock.clone(),
        }
    }

    pub fn pod_watch(&self, parts: SharedParts, workers: PodWorkers) -> PodWatch {
        let Config { client, node_name, .. } = &self.config;
        let own = node_with_allocatable(&self.identity(), &self.surroundings.facts);
        let admitter = Admitter {
            facts: self.surroundings.admission,
            node: NodeObject::new(client.clone(), node_name.clone(), own),
            recorder: self.recorder.clone(),
        };
        PodWatch { client: client.clone(), node_name: node_name.clone(), admitter, parts, workers }
    }

    pub fn status_reporter(&self) -> NodeStatusReporter {
        let images = self.config.images.clone();
        NodeStatusReporter::new(
            self.config.client.clone(),
            self.identity(),
            self.surroundings.facts.clone(),
            self.clock.clone(),
            self.recorder.clone(),
            Arc::new(move || container_images(&images)),
        )
    }

    fn identity(&self) -> Identity {
        Identity {
            name: self.config.node_name.clone(),
            addresses: self.config.node_addresses.clone(),
            pod_cidrs: self.config.network.pod_cidrs().iter().map(|cidr| cidr.to_string()).collect(),
            max_pods: self.config.max_pods,
        }
    }
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
