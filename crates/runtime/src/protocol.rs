//! What the server, the zygote and the supervisors say to each other: JSON messages on SEQPACKET sockets.
//!
//! A client of a supervisor sends [`Request`]s and gets a [`Message`] for each, in any order, and events in between.
//! Descriptors go along with some: what streams they are, the message says.

use crate::{ContainerState, StandardStreams};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// The supervisor's socket in the sandbox's directory.
pub const SOCKET: &str = "supervisor.sock";

/// What a supervisor understands: one that lives from an earlier version's days would take a call that it does not know
/// for nonsense, and hang up.
pub const VERSION: u32 = 1;

/// Server to zygote: fork a supervisor. The listening socket comes along.
#[derive(Debug, Serialize, Deserialize)]
pub struct Supervise {
    pub sandbox: String,
    /// What process listings call the supervisor.
    pub title: String,
    pub directory: PathBuf,
    /// For a sandbox with a UTS namespace of its own.
    pub hostname: Option<String>,
    /// The namespaces to make, as flags of unshare(2).
    pub namespaces: i32,
    /// Make a PID namespace for the containers to join.
    pub pid_namespace: bool,
    pub sysctls: BTreeMap<String, String>,
    pub cgroup: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// Chosen by the client; comes back with the answer.
    pub id: u64,
    pub call: Call,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Call {
    Describe,
    Start(Box<Start>),
    Signal {
        container: String,
        signal: i32,
    },
    Containers,
    Remove {
        container: String,
    },
    Stop,
    /// The process' ends of its streams come along: those of [`Exec::streams`] in their order.
    Exec(Box<Exec>),
    /// Kills the process that was asked for under this number.
    KillExec {
        exec: u64,
    },
    /// Pipes come along for what the container writes: for those of [`Attach::streams`] in their order, but none for
    /// standard input.
    Attach(Attach),
    /// Makes a TCP socket in the sandbox's network.
    Socket {
        family: Family,
    },
}

/// A process to start in a container that runs: as the container's own in all but this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exec {
    pub container: String,
    pub arguments: Vec<String>,
    /// It gets a terminal of its own, and no other stream.
    pub terminal: bool,
    pub streams: StandardStreams,
}

/// Who wants to be connected to the streams of a container's own process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attach {
    pub container: String,
    pub streams: StandardStreams,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Family {
    Ipv4,
    Ipv6,
}

/// A container to start; its specification is `config.json` in the bundle, its seccomp filter `seccomp.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Start {
    pub container: String,
    pub bundle: PathBuf,
    /// Image layers, from bottom to top.
    pub lower: Vec<PathBuf>,
    /// Paths that the image wants to be volumes.
    pub volumes: Vec<PathBuf>,
    pub cgroup: String,
    /// New namespaces, as flags of clone(2).
    pub namespaces: i32,
    /// The sandbox's PID namespace, as `/proc/PID/ns/pid` of its first process, to join.
    pub pid_namespace: Option<PathBuf>,
    /// The container whose PID namespace to join. A supervisor of an earlier version knows nothing of it, and makes a new
    /// one if `namespaces` say so.
    pub target: Option<String>,
    pub log: PathBuf,
    pub log_max_size: u64,
    pub log_max_files: u32,
    pub stdin: bool,
    /// Standard input ends with the first who was attached to it.
    #[serde(default)]
    pub stdin_once: bool,
}

impl Start {
    /// Whether it is born into a PID namespace that is there already.
    pub fn joins(&self) -> bool {
        self.pid_namespace.is_some() || self.target.is_some()
    }

    /// What is made new for it.
    pub fn new_namespaces(&self) -> i32 {
        if self.joins() { self.namespaces & !libc::CLONE_NEWPID } else { self.namespaces }
    }

    pub fn specification(&self) -> PathBuf {
        specification(&self.bundle)
    }

    pub fn seccomp(&self) -> PathBuf {
        seccomp(&self.bundle)
    }
}

/// What the container of a bundle shall be.
pub fn specification(bundle: &Path) -> PathBuf {
    bundle.join("config.json")
}

/// The seccomp filter of the container of a bundle.
pub fn seccomp(bundle: &Path) -> PathBuf {
    bundle.join("seccomp.json")
}

/// The parts of a bundle that this crate makes besides its files: mount point, writable layer, overlayfs' own.
pub fn bundle_directories(bundle: &Path) -> [PathBuf; 3] {
    [bundle.join("rootfs"), bundle.join("upper"), bundle.join("work")]
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Message {
    Answer {
        id: u64,
        answer: Result<Answer, Failure>,
    },
    Exited(ContainerState),
    /// The process that this client asked for under this number has ended.
    ExecEnded {
        id: u64,
        exit_code: i32,
    },
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    Sandbox(Description),
    Started {
        pid: u32,
        started_at: Timestamp,
        warnings: Vec<String>,
    },
    Containers(Vec<ContainerState>),
    Removed {
        bundle: PathBuf,
        cgroup: String,
    },
    Done,
    /// The process of an exec runs. Its terminal, if it has one, comes along.
    Executing {
        warnings: Vec<String>,
    },
    /// The container's terminal comes along, or what leads to its standard input.
    Attached {
        terminal: bool,
        stdin: bool,
    },
    /// It comes along.
    Socket,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Description {
    pub sandbox: String,
    pub pid: u32,
    /// The init process of the sandbox's PID namespace, if it has one.
    pub pid_namespace: Option<u32>,
    pub cgroup: String,
    /// The supervisor's [`VERSION`].
    #[serde(default)]
    pub version: u32,
}

/// Why something did not work, by what it was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    Sandbox(String),
    /// Before the container's program.
    Create(String),
    /// When executing it.
    Start(String),
    Container(String),
    /// A process beside the container's own.
    Exec(String),
}

impl Failure {
    pub fn into_text(self) -> String {
        match self {
            Self::Sandbox(text) | Self::Create(text) | Self::Start(text) | Self::Container(text) | Self::Exec(text) => {
                text
            }
        }
    }
}
