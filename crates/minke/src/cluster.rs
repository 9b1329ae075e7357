//! A whole cluster in this process: a control plane and an agent.

use crate::{
    agent::{self, Agent},
    blocking::blocking,
    control_plane::{self, ControlPlane, Listen},
    data_dir::{DataDir, PrivateInstance},
    networks::Networks,
    settings::Settings,
};
use anyhow::Result;
use apiserver::User;
use futures::StreamExt;
use k8s_openapi::api::core::v1 as core;
use kube::{
    Api, Client,
    runtime::{WatchStreamExt, watcher},
};
use network::Network;
use node::Pods;
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    pin::pin,
};

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
    control_plane: ControlPlane,
    agent: Agent,
}

/// Starts everything. When it returns the API answers; the node may take some milliseconds more. A start that fails
/// takes the network back that it has made.
pub async fn start(options: Options<'_>) -> Result<Cluster> {
    let networks = Networks::bring_up(options.settings, options.instance).await?;
    let network = networks.pods.clone();
    let started = put_together(options, networks).await;
    if started.is_err() {
        abandon(network).await;
    }
    started
}

async fn put_together(options: Options<'_>, networks: Networks) -> Result<Cluster> {
    let Options { settings, instance, images, listen, kubeconfig, state } = options;
    let node_name = settings.node_name()?;
    let Networks { pods, node_addresses, services } = networks;
    let (pki, own_addresses) = (instance.pki(), node_addresses.clone());
    let control_plane = control_plane::Options { settings, pki, state, listen, kubeconfig, own_addresses, services };
    let control_plane = ControlPlane::start(control_plane).await?;
    let client = control_plane.client(User::node(&node_name));
    let agent = agent::Options { settings, client, node_name, node_addresses, network: pods, instance, images };
    let agent = Agent::start(agent).await?;
    control_plane.register_node(agent.name(), agent.service());
    Ok(Cluster { control_plane, agent })
}

async fn abandon(network: Network) {
    if let Err(error) = blocking(move || Ok(network.abandon()?)).await {
        tracing::warn!(%error, "cannot take away the pods' network");
    }
}

impl Cluster {
    /// A client that may do everything.
    pub fn admin_client(&self) -> Client {
        self.control_plane.client(User::admin())
    }

    /// Where the API server listens.
    pub fn addresses(&self) -> &[SocketAddr] {
        self.control_plane.addresses()
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> &Path {
        self.control_plane.kubeconfig()
    }

    /// This node's name.
    pub fn node_name(&self) -> &str {
        self.agent.name()
    }

    /// Waits until the node says that it is ready.
    pub async fn node_ready(&self) -> Result<()> {
        let only = watcher::Config::default().fields(&format!("metadata.name={}", self.node_name()));
        let nodes = watcher(Api::<core::Node>::all(self.admin_client()), only).default_backoff().applied_objects();
        let mut nodes = pin!(nodes);
        while let Some(node) = nodes.next().await {
            if is_ready(&node?) {
                return Ok(());
            }
        }
        anyhow::bail!("the watch on the node ended")
    }

    /// Ends the node, then the control plane. Pods that have not ended when `hurry` completes are killed.
    pub async fn stop(self, pods: Pods, hurry: impl Future<Output = ()>) {
        self.agent.stop(pods, hurry).await;
        self.control_plane.stop().await;
    }
}

fn is_ready(node: &core::Node) -> bool {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}
