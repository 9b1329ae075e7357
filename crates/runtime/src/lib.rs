//! The container runtime: images, sandboxes, containers. It knows nothing of the Kubernetes API.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod images;
