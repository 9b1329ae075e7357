//! The harness of the end-to-end tests and of `bench/`: the built program in a network namespace of its own, seen
//! through `kubectl` and `kube` only.
//!
//! Everything a [`Machine`] starts lives in its namespace, its data folder and a cgroup named after that folder, and
//! goes with it, also when a test fails.

mod instance;
mod kubectl;
mod machine;
mod program;
mod server;

pub use instance::{Instance, Traces, kill_and_wait, mounts_below};
pub use kubectl::Kubectl;
pub use machine::Machine;
pub use program::{images, minke};
pub use server::{Server, block_on, load_images};
