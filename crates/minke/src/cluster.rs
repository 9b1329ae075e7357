//! A whole cluster in this process: store, API server, scheduler, controllers, node.

use crate::{
    data_dir::{DataDir, PrivateInstance},
    networks::Networks,
    settings::Settings,
};
use anyhow::{Context, Result};
use apiserver::{ApiServer, Pki, ServiceAddresses, User};
use futures::{FutureExt, StreamExt};
use k8s_openapi::api::core::v1 as core;
use kube::{
    Api, Client,
    runtime::{WatchStreamExt, watcher},
};
use network::Network;
use node::{ClusterDns, Node, Pods};
use runtime::images::ImageStore;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
};
use store::{MemoryStore, SqliteStore, Store};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The port of the API server.
const PORT: u16 = 6443;
/// The domain of cluster names.
const DOMAIN: &str = "cluster.local";

/// Where the API server listens.
enum Listen {
    /// On one address.
    At(SocketAddr),
    /// On loopback and the node's own address.
    Everywhere,
}

/// What a cluster is made from.
pub struct Options<'a> {
    settings: &'a Settings,
    /// State, certificates, pods.
    instance: &'a DataDir,
    /// Images, possibly those of another instance.
    images: PathBuf,
    listen: Listen,
    kubeconfig: PathBuf,
    /// Where the state is; `None` keeps it in memory.
    state: Option<PathBuf>,
}

impl<'a> Options<'a> {
    /// The cluster of `minke server`.
    pub fn server(data: &'a DataDir, settings: &'a Settings) -> Self {
        Self {
            settings,
            instance: data,
            images: data.images(),
            listen: settings.listen.map_or(Listen::Everywhere, Listen::At),
            kubeconfig: settings.kubeconfig.clone().unwrap_or_else(|| data.kubeconfig()),
            state: Some(data.state()),
        }
    }

    /// The cluster of `minke run`: nothing of it stays.
    pub fn private(data: &DataDir, instance: &'a PrivateInstance, settings: &'a Settings) -> Self {
        let instance = instance.data_dir();
        Self {
            settings,
            instance,
            images: data.images(),
            listen: Listen::At(settings.listen.unwrap_or(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0))),
            kubeconfig: settings.kubeconfig.clone().unwrap_or_else(|| instance.kubeconfig()),
            state: None,
        }
    }
}

/// A running cluster.
pub struct Cluster {
    server: Arc<ApiServer>,
    node: Node,
    /// The pods' network, which goes when the pods do.
    network: Network,
    node_name: String,
    addresses: Vec<SocketAddr>,
    kubeconfig: PathBuf,
    components: CancellationToken,
    api: CancellationToken,
    tasks: JoinSet<()>,
}

/// Starts everything. When it returns the API answers; the node may take some milliseconds more.
pub async fn start(options: Options<'_>) -> Result<Cluster> {
    let Options { settings, instance, images, listen, kubeconfig, state } = options;
    let node_name = settings.node_name()?;
    let kinds = settings.served_kinds()?;
    let (api, components) = (CancellationToken::new(), CancellationToken::new());
    let networks = Networks::bring_up(settings, instance).await?;
    let node_addresses = networks.node_addresses.clone();

    // Keys take some milliseconds to make, and so does the store: side by side.
    let pki_folder = instance.pki();
    let mut names: Vec<IpAddr> = vec![Ipv4Addr::LOCALHOST.into()];
    names.extend(networks.node_addresses.iter().copied().chain(networks.services.first_addresses()));
    names.extend(listen.addresses(&node_addresses).iter().map(|address| from_here(*address).ip()));
    let pki =
        tokio::task::spawn_blocking(move || Pki::load_or_create(&pki_folder, &names, time::OffsetDateTime::now_utc()));
    let network = networks.pods.clone();
    let store: Arc<dyn Store> = match state {
        Some(path) => Arc::new(tokio::task::spawn_blocking(move || SqliteStore::open(&path)).await??),
        None => Arc::new(MemoryStore::new()),
    };
    let server = ApiServer::start(Arc::clone(&store), kinds, api.clone()).await?;
    let pki = pki.await??;

    let mut tasks = JoinSet::new();
    let compaction = store::compact_regularly(store, store::COMPACTION_INTERVAL);
    tasks.spawn(components.clone().run_until_cancelled_owned(compaction).map(|_| ()));
    let mut addresses = Vec::new();
    for address in listen.addresses(&node_addresses) {
        let listener = apiserver::bind(address).await?;
        addresses.push(listener.address());
        tasks.spawn(listener.serve(Arc::clone(&server), pki.server_config()?));
    }
    let first = addresses.first().copied().context("no address to listen on")?;
    let endpoints = addresses.iter().flat_map(|address| from_pods(*address, &node_addresses)).collect();
    let service = networks.services.first_addresses().next().context("no address for services")?;
    server.publish(ServiceAddresses { service, endpoints }).await?;
    server.reach_nodes_with(pki.node_client_config()?);
    apiserver::write_kubeconfig(&kubeconfig, &pki, from_here(first))?;

    let client = |user| Client::new(server.local(user), "default");
    tasks.spawn(scheduler::run(client(User::scheduler()), components.clone().cancelled_owned()));
    let root_ca = pki.ca.certificate.clone();
    let metrics = controllers::Metrics::default();
    server.add_metrics(metrics.registry());
    let shutdown = components.clone().cancelled_owned();
    tasks.spawn(controllers::run(client(User::controller_manager()), root_ca, metrics, shutdown));
    let node = Node::start(node::Config {
        client: client(User::node(&node_name)),
        node_name: node_name.clone(),
        node_addresses,
        data_dir: instance.root().to_path_buf(),
        cgroup_parent: instance.cgroup_parent(),
        max_pods: node::DEFAULT_MAX_PODS,
        network: networks.pods,
        images: ImageStore::open(&images)?,
        registries: settings.registries.clone().unwrap_or_default(),
        cluster_dns: ClusterDns { addresses: settings.cluster_dns.into_iter().collect(), domain: DOMAIN.into() },
    })
    .await?;
    raise_descriptor_limit();
    server.register_node(&node_name, apiserver::node_service(node.service()));
    Ok(Cluster { server, node, network, node_name, addresses, kubeconfig, components, api, tasks })
}

impl Cluster {
    /// A client that may do everything.
    pub fn admin_client(&self) -> Client {
        Client::new(self.server.local(User::admin()), "default")
    }

    /// Where the API server listens.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// This node's name.
    pub fn node_name(&self) -> &str {
        &self.node_name
    }

    /// Waits until the node says that it is ready.
    pub async fn node_ready(&self) -> Result<()> {
        let only = watcher::Config::default().fields(&format!("metadata.name={}", self.node_name));
        let nodes = watcher(Api::<core::Node>::all(self.admin_client()), only).default_backoff().applied_objects();
        let mut nodes = pin!(nodes);
        while let Some(node) = nodes.next().await {
            if is_ready(&node?) {
                return Ok(());
            }
        }
        anyhow::bail!("the watch on the node ended")
    }

    /// Ends the node, the other components, then the API server.
    pub async fn stop(mut self, pods: Pods) {
        self.node.stop(pods).await;
        self.components.cancel();
        self.api.cancel();
        while self.tasks.join_next().await.is_some() {}
        if pods == Pods::Stop
            && let Err(error) = self.network.remove()
        {
            tracing::warn!(%error, "cannot take away the pods' network");
        }
    }
}

/// Each pod costs two descriptors and each watch one. Raised after the node has started its zygote, so that containers
/// keep the limit that programs expect.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }) {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}

fn is_ready(node: &core::Node) -> bool {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// How a client on this machine reaches what listens on this address.
fn from_here(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

/// How pods reach what listens on this address, if they can.
fn from_pods(address: SocketAddr, node: &[IpAddr]) -> Vec<SocketAddr> {
    let all = if address.ip().is_unspecified() {
        node.iter().copied().filter(|ip| address.is_ipv6() || ip.is_ipv4()).collect()
    } else {
        vec![address.ip()]
    };
    let reached = all.into_iter().filter(|ip| !ip.is_loopback());
    reached.map(|ip| SocketAddr::new(ip, address.port())).collect()
}

impl Listen {
    fn addresses(&self, node: &[IpAddr]) -> Vec<SocketAddr> {
        match self {
            Self::At(address) => vec![*address],
            Self::Everywhere => {
                let own = node.iter().copied().filter(|ip| !ip.is_loopback());
                let all = std::iter::once(Ipv4Addr::LOCALHOST.into()).chain(own);
                all.map(|ip| SocketAddr::new(ip, PORT)).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_reach_what_is_not_on_loopback() {
        let node = ["192.0.2.7".parse().unwrap(), "fd00::7".parse().unwrap()];
        for (listen, expected) in [
            ("127.0.0.1:6443", vec![]),
            ("[::1]:6443", vec![]),
            ("0.0.0.0:6443", vec!["192.0.2.7:6443"]),
            ("[::]:6443", vec!["192.0.2.7:6443", "[fd00::7]:6443"]),
            ("192.0.2.1:7000", vec!["192.0.2.1:7000"]),
        ] {
            let expected: Vec<SocketAddr> = expected.into_iter().map(|text| text.parse().unwrap()).collect();
            assert_eq!(from_pods(listen.parse().unwrap(), &node), expected, "{listen}");
        }
    }

    #[test]
    fn who_listens_everywhere_is_reached_on_loopback() {
        for (listen, expected) in
            [("0.0.0.0:7000", "127.0.0.1:7000"), ("[::]:7000", "[::1]:7000"), ("192.0.2.1:7000", "192.0.2.1:7000")]
        {
            assert_eq!(from_here(listen.parse().unwrap()), expected.parse().unwrap(), "{listen}");
        }
    }
}
