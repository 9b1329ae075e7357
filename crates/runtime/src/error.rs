//! What can fail in this crate (images have their own error).

use std::{fmt::Display, io, path::PathBuf};

/// What runc says of a container whose process was killed for want of memory before it ran the program.
pub(crate) const OOM_KILLED: &str = "container init was OOM-killed (memory limit too low?)";

/// A failure of the runtime: what was being done, on what, and why it did not work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or directory could not be read, written, made or removed.
    #[error("cannot {action} {}: {source}", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },

    /// The zygote, from which supervisors are forked, could not be started or does not answer.
    #[error("cannot start the zygote: {0}; pods need root and a kernel of version 5.12 or newer")]
    Zygote(io::Error),

    /// The sandbox's own namespaces, host name or kernel parameters could not be set up.
    #[error("failed to create sandbox {sandbox}: {message}")]
    Sandbox { sandbox: String, message: String },

    /// The supervisor of a sandbox is gone: its containers are dead or dying; clean up and start anew.
    #[error("sandbox {sandbox} is gone: its supervisor does not answer")]
    Gone { sandbox: String },

    /// The container could not be built: namespaces, mounts, cgroups, credentials.
    /// Kubernetes calls it `CreateContainerError` or `RunContainerError`.
    #[error("failed to create container {container}: {message}")]
    Create { container: String, message: String },

    /// The container was built but its program could not be executed; the text is that of runc, for example
    /// `exec: "nosuch": executable file not found in $PATH`. Kubernetes calls it `StartError`, exit code 128.
    #[error("failed to start container {container}: {message}")]
    Start { container: String, message: String },

    /// No such container in this sandbox, or it has ended (kill), or it still runs (remove).
    #[error("container {container}: {message}")]
    Container { container: String, message: String },

    /// No process could be run in a container beside its own; the text is that of runc, for example
    /// `exec: "nosuch": executable file not found in $PATH`.
    #[error("failed to exec in container {container}: unable to start container process: {message}")]
    Exec { container: String, message: String },

    /// No connection to a port in a sandbox's network.
    #[error("failed to connect to localhost:{port} inside sandbox {sandbox}, IPv4: {ipv4}, IPv6: {ipv6}")]
    Connect { sandbox: String, port: u16, ipv4: io::Error, ipv6: io::Error },

    /// A cgroup could not be made, limited, joined or removed.
    #[error("cgroup {cgroup}: cannot {action}: {source}")]
    Cgroup { cgroup: String, action: String, source: io::Error },

    /// Processes that do not end although they were killed, which happens when they wait for a device.
    #[error(
        "processes in cgroup {cgroup} do not end although they were killed: {pids:?}; see what they wait for in /proc/PID/stack"
    )]
    Unkillable { cgroup: String, pids: Vec<i32> },

    /// A seccomp profile that names an unknown condition or is too long for the kernel.
    #[error("seccomp profile: {0}")]
    Seccomp(String),

    /// A bug of ours.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Error {
    /// A cgroup's memory limit leaves nothing for the kernel itself.
    pub(crate) fn is_out_of_memory(&self) -> bool {
        matches!(self, Self::Cgroup { source, .. } if source.kind() == io::ErrorKind::OutOfMemory)
    }
}

/// An error of the system in the words that runc's users know: `no such file or directory`.
pub(crate) fn reason(error: &dyn Display) -> String {
    let text = error.to_string();
    let Some((text, _)) = text.split_once(" (os error ") else { return text };
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
