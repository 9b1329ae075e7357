//! The harness of the end-to-end tests and of `bench/`: the built program in a network namespace of its own, seen
//! through `kubectl` and `kube` only.
//!
//! Everything a [`Machine`] starts lives in its namespace, its data folder and a cgroup named after that folder, and
//! goes with it, also when a test fails.

#![allow(clippy::must_use_candidate, reason = "what a test asks for it looks at")]

mod history;
pub mod http;
mod instance;
mod kubectl;
mod machine;
pub mod manifest;
mod program;
mod running;
mod server;
pub mod status;

pub use instance::{Instance, Traces, kill_and_wait, mounts_below};
pub use kubectl::Kubectl;
pub use machine::Machine;
pub use program::{example, images, minke};
pub use running::Running;
pub use rustix::process::Signal;
pub use server::{Server, block_on, load_images};

/// How long anything may take before a test gives up: far more than it takes on a busy machine.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(90);
