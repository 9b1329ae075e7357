//! Makes a sandbox of a process that was just forked: its namespaces and what belongs into them.

use crate::{
    kernel::{self, Child},
    procfs,
    protocol::Supervise,
    sysctl,
};
use rustix::{
    net::{AddressFamily, SocketFlags, SocketType},
    thread::UnshareFlags,
};
use std::fmt::Display;

/// As the kubelet gives the pause container: the last to be killed for want of memory.
const OOM_SCORE_ADJ: i32 = -998;

/// Makes the namespaces, names the host, brings `lo` up, sets kernel parameters. Returns the init process of the PID
/// namespace, if one is wanted.
pub fn set_up(order: &Supervise) -> Result<Option<Child>, String> {
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
    if !order.pid_namespace {
        return Ok(None);
    }
    match kernel::clone3(libc::CLONE_NEWPID, None).map_err(|error| failed("make a PID namespace")(&error))? {
        Some(init) => Ok(Some(init)),
        None => be_init(),
    }
}

/// Process 1 of the sandbox's PID namespace: reaps orphans and ends, with all the others, when the supervisor does.
fn be_init() -> ! {
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    let _ = rustix::thread::set_name(c"minke-init");
    kernel::close_from(3);
    kernel::ignore_children();
    kernel::pause()
}
