//! What one says of a sandbox and of a container to have them made, and what one learns of them.

use jiff::Timestamp;
use oci_spec::runtime::{LinuxResources, Spec};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};

/// Whose network the sandbox has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// A new network namespace with `lo` up, and a new UTS namespace with the sandbox's host name.
    Own,
    /// The machine's network and host name.
    Host,
}

/// Whose System V IPC, message queues and `/dev/shm` the sandbox has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ipc {
    /// A new IPC namespace, shared by the sandbox's containers.
    Own,
    Host,
}

/// Who sees whose processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PidNamespace {
    /// Each container has its own, as its spec says.
    Container,
    /// The sandbox has one for its containers to join: [`crate::Sandbox::pid_namespace`] (`shareProcessNamespace`).
    Pod,
}

/// What a sandbox shall be.
#[derive(Clone, Debug)]
pub struct SandboxConfig {
    /// Names the sandbox in events and messages.
    pub id: String,
    /// What process listings call the sandbox's process, such as `minke-pod default/web`.
    pub title: String,
    /// The sandbox's directory; made when missing. Holds `supervisor.sock` and `shm`.
    pub directory: PathBuf,
    pub hostname: String,
    pub network: Network,
    pub ipc: Ipc,
    pub pid: PidNamespace,
    /// Kernel parameters of the sandbox's own namespaces (`net.ipv4.ip_unprivileged_port_start`, `kernel.shmmax`).
    pub sysctls: BTreeMap<String, String>,
    /// The cgroup of the whole sandbox, from the root of each hierarchy: `/minke/burstable/pod<uid>`.
    pub cgroup: String,
    /// The limits of the whole sandbox.
    pub resources: LinuxResources,
}

/// A container's root file system: image layers below a layer of its own.
#[derive(Clone, Debug)]
pub struct RootFilesystem {
    /// Layer directories from bottom to top; any number.
    pub lower: Vec<PathBuf>,
}

/// Where a container's output goes, in the CRI's log format.
#[derive(Clone, Debug)]
pub struct LogConfig {
    pub path: PathBuf,
    /// Bytes after which the file is rotated (kubelet's `containerLogMaxSize`).
    pub max_size: u64,
    /// Files kept, the current one included (kubelet's `containerLogMaxFiles`).
    pub max_files: u32,
}

impl LogConfig {
    /// A log of Kubernetes' default size: 5 files of 10 MiB.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, max_size: 10 * 1024 * 1024, max_files: 5 }
    }
}

/// What a container shall be.
#[derive(Clone, Debug)]
pub struct ContainerConfig {
    /// Unique within the sandbox; also names the container's cgroup unless the spec has a `cgroupsPath`.
    pub id: String,
    /// The container's own directory; made when missing. Gets `config.json`, `rootfs`, `upper` and `work`.
    pub bundle: PathBuf,
    /// The OCI specification. Namespaces of type network, ipc and uts that it does not list are the sandbox's; `root.path`
    /// is not used. A namespace of type pid with a path is [`crate::Sandbox::pid_namespace`]. A mount of the sandbox's
    /// `/dev/shm` is a bind mount from [`crate::Sandbox::shm`].
    pub spec: Spec,
    /// The container of the sandbox whose PID namespace it joins instead of a new one; it must run by then.
    pub target: Option<String>,
    pub root: RootFilesystem,
    /// Paths that the image wants to be volumes; what no mount covers becomes a writable directory of the container's own.
    pub volumes: Vec<PathBuf>,
    pub log: LogConfig,
    /// Keep standard input open instead of empty.
    pub stdin: bool,
    /// End standard input with the first who was attached to it ([`crate::Sandbox::attach`]).
    pub stdin_once: bool,
}

/// Some of a process' standard streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandardStreams {
    pub stdin: bool,
    pub stdout: bool,
    pub stderr: bool,
}

/// A process to run in a container beside its own: with the same user, capabilities, environment, working directory and
/// limits, in the same namespaces and cgroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecConfig {
    pub arguments: Vec<String>,
    /// Give it a terminal, which is standard input, output and error in one.
    pub terminal: bool,
    /// Which streams to connect without a terminal; the others are empty.
    pub streams: StandardStreams,
}

/// A container whose program has been executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Started {
    /// The init process, in the machine's PID namespace.
    pub pid: u32,
    pub started_at: Timestamp,
}

/// What a container uses, from its cgroup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Processor time since the start.
    pub cpu_nanoseconds: u64,
    pub memory_usage_bytes: u64,
    /// Usage less the page cache that was not used lately; what the kubelet calls the working set.
    pub memory_working_set_bytes: u64,
    pub memory_rss_bytes: u64,
    pub processes: u64,
}
