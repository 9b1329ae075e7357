//! The namespaces a container shares, joins or has for itself.
//!
//! Mount, PID, network, IPC and UTS namespaces of its own are made by the clone that makes the process.

use super::failure::{Explain, Result};
use crate::protocol::Failure;
use oci_spec::runtime::{Linux, LinuxNamespace, LinuxNamespaceType};
use rustix::{
    fs::{Mode, OFlags},
    thread::{LinkNameSpaceType, UnshareFlags},
};

/// Joins the namespaces that have a path, and makes a cgroup namespace if one is wanted: its root is the cgroup the
/// process is in, which is why it must have joined before.
pub fn enter(namespaces: &[LinuxNamespace]) -> Result<()> {
    for namespace in namespaces {
        let kind = match (namespace.typ(), namespace.path()) {
            (LinuxNamespaceType::User | LinuxNamespaceType::Time, _) => {
                return Err(Failure::Create(format!("{:?} namespaces are not supported", namespace.typ())));
            }
            (LinuxNamespaceType::Cgroup, None) => {
                // SAFETY: this process has one thread, and its descriptors are not affected.
                unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWCGROUP) }
                    .explain(|| "new cgroup namespace".to_owned())?;
                continue;
            }
            (_, None) | (LinuxNamespaceType::Pid, Some(_)) => continue,
            (LinuxNamespaceType::Network, Some(_)) => LinkNameSpaceType::Network,
            (LinuxNamespaceType::Ipc, Some(_)) => LinkNameSpaceType::InterProcessCommunication,
            (LinuxNamespaceType::Uts, Some(_)) => LinkNameSpaceType::HostNameAndNISDomainName,
            (LinuxNamespaceType::Cgroup, Some(_)) => LinkNameSpaceType::ControlGroup,
            (LinuxNamespaceType::Mount, Some(_)) => LinkNameSpaceType::Mount,
        };
        let Some(path) = namespace.path() else { continue };
        rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
            .and_then(|descriptor| {
                rustix::thread::move_into_link_name_space(std::os::fd::AsFd::as_fd(&descriptor), Some(kind))
            })
            .explain(|| format!("join the namespace {}", path.display()))?;
    }
    Ok(())
}

/// The namespaces the clone makes, as its flags; a container always has its own mounts.
pub fn clone_flags(namespaces: &[LinuxNamespace]) -> i32 {
    namespaces.iter().filter(|namespace| namespace.path().is_none()).fold(libc::CLONE_NEWNS, |flags, namespace| {
        flags
            | match namespace.typ() {
                LinuxNamespaceType::Pid => libc::CLONE_NEWPID,
                LinuxNamespaceType::Network => libc::CLONE_NEWNET,
                LinuxNamespaceType::Ipc => libc::CLONE_NEWIPC,
                LinuxNamespaceType::Uts => libc::CLONE_NEWUTS,
                _ => 0,
            }
    })
}

pub fn new_uts(linux: &Linux) -> bool {
    has_new(linux, LinuxNamespaceType::Uts)
}

pub fn new_cgroup(linux: &Linux) -> bool {
    has_new(linux, LinuxNamespaceType::Cgroup)
}

fn has_new(linux: &Linux, kind: LinuxNamespaceType) -> bool {
    linux.namespaces().iter().flatten().any(|namespace| namespace.typ() == kind && namespace.path().is_none())
}
