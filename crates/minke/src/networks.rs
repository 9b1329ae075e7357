//! The networks of an instance: chosen so that they meet no other's, and brought up.

use crate::{data_dir::DataDir, settings::Settings};
use anyhow::Result;
use network::{Network, choose_pod_cidr, choose_service_cidr, node_slice, taken_networks, uplink_address};
use std::net::Ipv4Addr;

/// How often another network is chosen when another instance, starting at the same time, takes the one chosen first.
const ATTEMPTS: usize = 16;

/// The networks of a cluster.
pub struct Networks {
    /// The pods' network on this node.
    pub pods: Network,
    /// The node's own address: that of its uplink, or of the pods' bridge where there is none.
    pub node_address: Ipv4Addr,
    /// The address that the API server has inside the cluster.
    pub first_service: Ipv4Addr,
}

impl Networks {
    /// Chooses networks as the user wishes, or free ones, and brings the pods' up.
    pub async fn bring_up(settings: &Settings, instance: &DataDir) -> Result<Self> {
        let (settings, instance) = (settings.clone(), instance.clone());
        tokio::task::spawn_blocking(move || Self::bring_up_blocking(&settings, &instance)).await?
    }

    fn bring_up_blocking(settings: &Settings, instance: &DataDir) -> Result<Self> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let taken = taken_networks()?;
            let cluster = choose_pod_cidr(settings.pod_cidr, &instance.bridge(), &taken)?;
            let services = choose_service_cidr(settings.service_cidr, cluster, &taken)?;
            let pod_cidr = node_slice(cluster);
            let config = network::Config { bridge: instance.bridge(), pod_cidr, pods_dir: instance.pods() };
            let pods = match Network::start(config) {
                Err(network::Error::CidrTaken { .. }) if settings.pod_cidr.is_none() && attempt < ATTEMPTS => continue,
                started => started?,
            };
            let first = |network: network::Ipv4Net| network.hosts().next().unwrap_or(Ipv4Addr::LOCALHOST);
            let node_address = uplink_address()?.unwrap_or_else(|| first(pod_cidr));
            return Ok(Self { pods, node_address, first_service: first(services) });
        }
    }
}
