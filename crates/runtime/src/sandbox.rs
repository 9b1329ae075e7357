//! A handle on one sandbox and the containers in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use oci_spec::runtime::{LinuxResources, Spec};

use crate::{ContainerState, Result};

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
    /// The sandbox has one for its containers to join: [`Sandbox::pid_namespace`] (`shareProcessNamespace`).
    Pod,
}

/// What a sandbox shall be.
#[derive(Clone, Debug)]
pub struct SandboxConfig {
    /// Names the sandbox in events and messages.
    pub id: String,
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
    /// is not used. A mount of the sandbox's `/dev/shm` is a bind mount from [`Sandbox::shm`].
    pub spec: Spec,
    pub root: RootFilesystem,
    pub log: LogConfig,
    /// Keep standard input open instead of empty.
    pub stdin: bool,
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

/// A handle on a living sandbox. Cheap to clone; dropping it does nothing to the sandbox.
#[derive(Clone)]
pub struct Sandbox {
    directory: PathBuf,
}

impl Sandbox {
    /// The name given in [`SandboxConfig::id`].
    #[must_use]
    pub fn id(&self) -> &str {
        ""
    }

    /// The supervisor, in the machine's PID namespace.
    #[must_use]
    pub fn pid(&self) -> u32 {
        0
    }

    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The network namespace, valid while the sandbox lives: `/proc/<pid>/ns/net`.
    #[must_use]
    pub fn network_namespace(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/ns/net", self.pid()))
    }

    /// The PID namespace that a container's spec names as `path` to join it; only with [`PidNamespace::Pod`].
    #[must_use]
    pub fn pid_namespace(&self) -> Option<PathBuf> {
        None
    }

    /// The directory that containers mount as `/dev/shm`.
    #[must_use]
    pub fn shm(&self) -> PathBuf {
        self.directory.join("shm")
    }

    /// Builds a container and executes its program. [`crate::Error::Create`] and [`crate::Error::Start`] tell how far it
    /// came; then nothing of it is left but the bundle.
    pub async fn start_container(&self, config: ContainerConfig) -> Result<Started> {
        Err(crate::Error::Gone { sandbox: config.id })
    }

    /// Sends a signal to the container's init process, and to it alone.
    pub async fn kill(&self, container: &str, _signal: i32) -> Result<()> {
        Err(crate::Error::Gone { sandbox: container.to_owned() })
    }

    /// Kills every process of the container and returns when they are gone.
    pub async fn kill_all(&self, container: &str) -> Result<()> {
        Err(crate::Error::Gone { sandbox: container.to_owned() })
    }

    /// All containers that were started and not yet removed.
    pub async fn containers(&self) -> Result<Vec<ContainerState>> {
        Ok(Vec::new())
    }

    /// Forgets a container that has ended; removes its cgroup and the files this crate made in its bundle.
    pub async fn remove_container(&self, container: &str) -> Result<()> {
        Err(crate::Error::Gone { sandbox: container.to_owned() })
    }

    /// What the container uses now.
    pub async fn stats(&self, _container: &str) -> Result<Stats> {
        Ok(Stats::default())
    }

    /// Kills every container, ends the supervisor, removes cgroups, socket and shared memory.
    pub async fn stop(&self) -> Result<()> {
        Ok(())
    }
}
