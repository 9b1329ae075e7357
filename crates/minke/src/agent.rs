//! The agent of a machine: its node and the network of its pods.

use crate::{blocking::blocking, data_dir::DataDir, settings::Settings};
use anyhow::Result;
use kube::Client;
use network::Network;
use node::{ClusterDns, Node, NodeService, Pods};
use runtime::images::ImageStore;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{net::IpAddr, path::PathBuf};

/// The domain of cluster names.
const DOMAIN: &str = "cluster.local";

/// What an agent is made from.
pub struct Options<'a> {
    pub settings: &'a Settings,
    /// Acts as the node.
    pub client: Client,
    pub node_name: String,
    /// The preferred family's first.
    pub node_addresses: Vec<IpAddr>,
    /// The network of the node's pods, which runs already.
    pub network: Network,
    /// The folder of this instance.
    pub instance: &'a DataDir,
    /// Images, possibly those of another instance.
    pub images: PathBuf,
}

/// A running agent.
pub struct Agent {
    node: Node,
    /// Goes when the pods do.
    network: Network,
    name: String,
}

impl Agent {
    /// Starts the node; it registers itself, and takes over the pods of an earlier run, while the caller goes on.
    pub async fn start(options: Options<'_>) -> Result<Self> {
        let Options { settings, client, node_name, node_addresses, network, instance, images } = options;
        let dns = settings.cluster_dns.into_iter().collect();
        let node = Node::start(node::Config {
            client,
            node_name: node_name.clone(),
            node_addresses,
            data_dir: instance.root().to_path_buf(),
            cgroup_parent: instance.cgroup_parent(),
            max_pods: node::DEFAULT_MAX_PODS,
            network: network.clone(),
            images: blocking(move || Ok(ImageStore::open(&images)?)).await?,
            registries: settings.registries.clone().unwrap_or_default(),
            cluster_dns: ClusterDns { addresses: dns, domain: DOMAIN.into() },
        })
        .await?;
        raise_descriptor_limit();
        Ok(Self { node, network, name: node_name })
    }

    /// The node's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The node's own HTTP API.
    pub fn service(&self) -> NodeService {
        self.node.service()
    }

    /// Ends the node, and with its pods their network; at once when `hurry` completes.
    pub async fn stop(self, pods: Pods, hurry: impl Future<Output = ()>) {
        self.node.stop(pods, hurry).await;
        if pods == Pods::Stop
            && let Err(error) = blocking(move || Ok(self.network.remove()?)).await
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
