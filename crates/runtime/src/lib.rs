//! Images, sandboxes and containers on one Linux machine. Knows nothing of Kubernetes.
//!
//! A sandbox is one small process, the supervisor: it holds the network, IPC and UTS namespaces that containers share,
//! is parent and reaper of the containers, and writes their logs. Supervisors are forked from the zygote, a
//! single-threaded role of the same program, and outlive whoever started them:
//!
//! ```text
//! server (this crate's `Runtime`, tokio)
//!   └─ zygote            single-threaded, ends when the server ends
//!        └─ supervisor   one per sandbox, own session, survives both; the server finds it again by its socket
//!             └─ container
//! ```
//!
//! Start with [`role::enter`] at the top of `main` and [`Runtime::start`] afterwards.
#![allow(unsafe_code, reason = "clone3, mount_setattr, seccomp and prctl have no safe wrapper")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod check;
pub mod images;
pub mod memory;
pub mod role;
pub mod seccomp;

mod blocking;
mod bundle;
mod cgroup;
mod config;
mod confined;
mod connection;
mod container;
mod error;
mod event;
mod kernel;
mod leftovers;
mod machine;
mod procfs;
mod protocol;
mod remove;
mod runtime;
mod sandbox;
mod seqpacket;
mod state;
mod supervisor;
mod sysctl;
mod zygote;

pub use config::{
    ContainerConfig, ExecConfig, Ipc, LogConfig, Network, PidNamespace, RootFilesystem, SandboxConfig, StandardStreams,
    Started, Stats,
};
pub use error::Error;
pub use event::Event;
pub use remove::remove_directory;
pub use runtime::{Config, Runtime};
pub use sandbox::{ExecProcess, Input, Output, Sandbox, Streams, Terminal};
pub use state::{ContainerState, Status};

/// What the functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;
