//! The pod network of a node: a bridge, one veth pair a pod, addresses out of the node's pod CIDR, masquerade for
//! what leaves it.
//!
//! The kernel is spoken to over netlink, route and netfilter alike, with one small blocking socket: the
//! kernel answers within the call that asks, so there is nothing to wait for and nothing to poll.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod address_pool;
mod attachment;
mod bridge;
pub mod check;
mod cidr;
mod claim;
mod error;
mod forwarding;
mod mac;
mod masquerade;
mod netlink;
mod network;
mod nftables;
mod record;
mod route;
mod survey;
mod sysctl;

pub use cidr::{DEFAULT_NODE_PREFIX, Taken, choose_pod_cidr, choose_service_cidr, node_slice};
pub use error::Error;
pub use ipnet::Ipv4Net;
pub use mac::MacAddress;
pub use network::{Config, Network, PodAddress};
pub use survey::{taken_networks, uplink_address};

/// What every fallible function of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;
