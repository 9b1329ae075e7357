//! The kubelet: pure cores ([`pod`], [`container`]) and the shell around them that talks to the API server, the
//! runtime and the network.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod container;
pub mod pod;
