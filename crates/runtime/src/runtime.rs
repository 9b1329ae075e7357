//! The server's side: starts sandboxes, finds them again, tells what happens to them.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::sandbox::{Sandbox, SandboxConfig};
use crate::{ContainerState, Result};

/// How this instance shares the machine with others.
#[derive(Clone, Debug)]
pub struct Config {
    /// The cgroup below which everything of this instance lives, from the root of each hierarchy: `/minke`.
    pub cgroup_parent: String,
}

/// What happened to a sandbox, told at once.
#[derive(Clone, Debug)]
pub enum Event {
    /// A container's init process has ended and its output is in the log.
    ContainerExited { sandbox: String, container: ContainerState },
    /// The supervisor ended without being asked to: call [`Runtime::cleanup`] for what may be left.
    SandboxGone { sandbox: String },
}

/// Starts sandboxes and finds them again. Cheap to clone.
#[derive(Clone)]
pub struct Runtime {
    _inner: Arc<()>,
}

impl Runtime {
    /// Starts the runtime of this process. Needs a tokio runtime.
    pub fn start(_config: Config) -> Result<(Self, mpsc::UnboundedReceiver<Event>)> {
        let (_events, receiver) = mpsc::unbounded_channel();
        Ok((Self { _inner: Arc::new(()) }, receiver))
    }

    /// Makes a sandbox: its directory, cgroup, supervisor and namespaces. Leaves nothing behind when it fails.
    pub async fn run_sandbox(&self, config: SandboxConfig) -> Result<Sandbox> {
        Err(crate::Error::Gone { sandbox: config.id })
    }

    /// Finds the living sandbox whose directory this is, also one that an earlier process made. `None`: nobody lives
    /// there; [`Self::cleanup`] removes what is left.
    pub async fn attach(&self, _directory: &Path) -> Result<Option<Sandbox>> {
        Ok(None)
    }

    /// Kills what runs in a sandbox's cgroup and removes cgroups, socket and shared memory of a sandbox that is gone.
    /// The directory itself and what else the caller has put there stay.
    pub async fn cleanup(&self, _directory: &Path, _cgroup: &str) -> Result<()> {
        Ok(())
    }
}
