//! The pod network of a node: a bridge, one veth pair a pod, addresses out of the node's pod CIDRs, masquerade for
//! what leaves them. Two families: a node has a pod CIDR of IPv4, of IPv6, or one of each.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod address_pool;
mod address_pools;
mod attachment;
mod bridge;
pub mod check;
mod choice;
mod cidrs;
mod claim;
mod error;
mod forwarding;
mod mac;
mod masquerade;
mod network;
mod record;
mod survey;
mod sysctl;

pub use address_pools::PodAddress;
pub use choice::{Taken, choose_pod_cidrs, choose_service_cidrs, node_slices};
pub use cidrs::{Cidrs, NoCidrs};
pub use error::Error;
pub use ipnet::IpNet;
pub use mac::hardware_address;
pub use network::{Config, Network};
pub use survey::taken_networks;

/// What every fallible function of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;
