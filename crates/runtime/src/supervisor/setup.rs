//! Makes a sandbox of a process that was just forked: its namespaces and what belongs into them.

use super::init::{self, Init};
use crate::{cgroup::Cgroups, kernel, procfs, protocol::Supervise, sysctl};
use rustix::{
    net::{AddressFamily, SocketFlags, SocketType},
    thread::UnshareFlags,
};
use std::fmt::Display;

/// As the kubelet gives the pause container: the last to be killed for want of memory.
const OOM_SCORE_ADJ: i32 = -998;

/// Makes the namespaces, names the host, brings `lo` up, sets kernel parameters. Returns the init process of the PID
/// namespace, if one is wanted.
pub fn set_up(order: &Supervise, cgroups: &Cgroups) -> Result<Option<Init>, String> {
    let failed = |what: &'static str| move |error: &dyn Display| format!("{what}: {error}");
    let flags = UnshareFlags::from_bits_retain(order.namespaces.cast_unsigned());
    // SAFETY: this process has one thread; the flags name namespaces and not the descriptor table.
    unsafe { rustix::thread::unshare_unsafe(flags) }.map_err(|error| failed("make namespaces")(&error))?;
    if let Some(hostname) = &order.hostname {
        rustix::system::sethostname(hostname.as_bytes()).map_err(|error| failed("set the host name")(&error))?;
    }
    if flags.contains(UnshareFlags::NEWNET) {
        rustix::net::socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)
            .map_err(std::io::Error::from)
            .and_then(|socket| kernel::bring_loopback_up(std::os::fd::AsFd::as_fd(&socket)))
            .map_err(|error| failed("bring lo up")(&error))?;
    }
    for (name, value) in &order.sysctls {
        sysctl::set(name, value, flags)?;
    }
    // Not permitted everywhere, and not needed for anything else to work.
    let _ = procfs::set_oom_score_adj(OOM_SCORE_ADJ);
    order.pid_namespace.then(|| init::start(order, cgroups)).transpose()
}
