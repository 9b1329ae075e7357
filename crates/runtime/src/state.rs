//! What is known of a container; the supervisor remembers it until the container is removed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a container is in its life (OCI runtime specification, "Lifecycle").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being built; its program does not run yet.
    Created,
    Running,
    Exited,
}

/// A container as its supervisor sees it. Times have nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerState {
    pub id: String,
    /// The init process, in the PID namespace of the machine. Means nothing after the exit.
    pub pid: u32,
    pub status: Status,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// As a shell would say: the exit status, or 128 plus the signal that ended the process.
    pub exit_code: Option<i32>,
    /// The signal that ended the init process, if one did.
    pub signal: Option<i32>,
    /// The kernel killed a process of this container because its memory limit was reached.
    pub oom_killed: bool,
    /// The container's cgroup, from the root of each hierarchy (`/minke/pod…/id`).
    pub cgroup: String,
}
