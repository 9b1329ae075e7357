//! The kubelet: pure cores ([`pod`], [`container`]) and the shell around them that talks to the API server, the
//! runtime and the network.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod admission;
mod adoption;
mod blocking;
mod breaks;
mod clock;
mod complaint;
pub mod container;
mod directories;
mod error;
mod events;
#[cfg(test)]
mod fake_api;
mod images;
#[cfg(test)]
mod known_holes;
mod logs;
mod machine;
mod metrics;
mod naming;
mod node;
mod node_status;
mod pleg;
pub mod pod;
mod pod_files;
mod pod_object;
mod pod_watch;
mod pod_workers;
mod server;
mod status_manager;
mod volumes;

pub use error::Error;
pub use node::{Config, DEFAULT_MAX_PODS, Node, Pods};
pub use pod_files::ClusterDns;
pub use server::{Body, NodeService};
