//! The networks of an instance: chosen so that they meet no other's, and brought up.

use crate::{data_dir::DataDir, settings::Settings};
use anyhow::Result;
use network::{Cidrs, Error, Network, choose_pod_cidrs, choose_service_cidrs, node_slices, taken_networks};
use std::net::IpAddr;

/// How often another network is chosen when another instance, starting at the same time, takes the one chosen first.
const ATTEMPTS: usize = 16;

/// The networks of a cluster.
pub struct Networks {
    /// The pods' network on this node.
    pub pods: Network,
    /// The node's own addresses, the preferred family's first: those of its uplinks, or of the pods' bridge where there
    /// is none.
    pub node_addresses: Vec<IpAddr>,
    /// The addresses of Services; the first of each belongs to the API server.
    pub services: Cidrs,
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
            let cluster = choose_pod_cidrs(settings.pod_cidr.as_ref(), &instance.bridge(), &taken)?;
            let services = choose_service_cidrs(settings.service_cidr.as_ref(), &cluster, &taken)?;
            let config = network::Config {
                bridge: instance.bridge(),
                pod_cidrs: node_slices(&cluster),
                pods_dir: instance.pods(),
            };
            let pods = match Network::start(config) {
                Err(Error::CidrTaken { .. }) if settings.pod_cidr.is_none() && attempt < ATTEMPTS => continue,
                started => started?,
            };
            let node_addresses = pods.node_addresses()?;
            return Ok(Self { pods, node_addresses, services });
        }
    }
}
