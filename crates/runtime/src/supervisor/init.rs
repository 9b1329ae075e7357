//! Process 1 of a sandbox's PID namespace: reaps orphans and ends, with all the others, when the supervisor does.
//!
//! Every container of the sandbox sees it, and with `CAP_SYS_PTRACE` takes it over. So it has nothing: an empty,
//! read-only root and no other mounts, no descriptors, no environment, no capabilities, nobody's user, a cgroup of the
//! pod, and, as it executes a program of its own of a few instructions, nothing of the machine in its memory.
//!
//! Before, it makes the namespace's procfs, which only a process inside can. That is kept in mounts where nobody is, for
//! containers that join to copy: not masked yet, it must not be seen by any.

mod program;

use crate::{
    cgroup::Cgroups,
    container::{MountOptions, Shared, attach_mount, enter_root, make_file_system},
    kernel::{self, Child},
    procfs,
    protocol::Supervise,
    seccomp, seqpacket,
};
use rustix::{
    fs::{Mode, OFlags, mkdirat, openat},
    mount::{MountPropagationFlags, mount_change},
    process::{Gid, Signal, Uid},
    thread::{CapabilitySet, CapabilitySets, UnshareFlags},
};
use std::{
    fmt::Display,
    io,
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
};

/// As Kubernetes' pause container.
const NOBODY: u32 = 65_535;
const DIRECTORY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Its cgroup, below the sandbox's.
pub fn cgroup(sandbox: &str) -> String {
    format!("{sandbox}/init")
}

/// The process and what it leaves to others.
pub struct Init {
    pub process: Child,
    /// Mounts of which the namespace's procfs, on `/proc`, is one.
    mounts: OwnedFd,
}

impl Init {
    /// The PID namespace that is named, if it is this one. Nobody reaps the process, so its number stays its own.
    pub fn namespaces(&self, named: &Path) -> io::Result<Shared> {
        let ours = PathBuf::from(format!("/proc/{}/ns/pid", self.process.pid.as_raw_nonzero()));
        if named != ours {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(Shared { pid: procfs::open_namespace(&ours)?, mounts: self.mounts.try_clone()? })
    }
}

/// Forks the process, in namespaces of its own. Its cgroup must exist.
pub fn start(order: &Supervise, cgroups: &Cgroups) -> Result<Init, String> {
    let failed = |error: &dyn Display| format!("make a PID namespace: {error}");
    let filter = seccomp::compile(&program::profile()).map_err(|error| failed(&error))?;
    let cgroup = cgroup(&order.cgroup);
    let birthplace = cgroups.birthplace(&cgroup).map_err(|error| failed(&error))?;
    let (ours, theirs) = seqpacket::pair().map_err(|error| failed(&error))?;
    let flags = libc::CLONE_NEWPID | libc::CLONE_NEWNS;
    let child = kernel::clone3(flags, birthplace.as_ref().map(AsFd::as_fd));
    let Some(process) = child.map_err(|error| failed(&error))? else {
        if matches!(cgroups, Cgroups::V1(_)) && cgroups.join(&cgroup).is_err() {
            kernel::exit(1);
        }
        // With its end the namespace ends, and no container can be started in it.
        let _ = become_init(&order.directory, &filter, &theirs);
        kernel::exit(1)
    };
    drop(theirs);
    // First the mounts; then the exec closes the other end.
    match (seqpacket::receive(ours.as_fd()), seqpacket::receive(ours.as_fd())) {
        (Ok(Some((_, descriptors))), Ok(None)) => {
            let mounts = descriptors.into_iter().next().ok_or_else(|| failed(&"its mounts did not arrive"))?;
            Ok(Init { process, mounts })
        }
        _ => Err(failed(&"its first process could not be confined")),
    }
}

fn become_init(directory: &Path, filter: &seccomp::Filter, supervisor: &OwnedFd) -> io::Result<()> {
    rustix::process::setsid()?;
    kernel::new_session_keyring()?;
    // SAFETY: this process has one thread, and its descriptors are not affected.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWCGROUP) }?;
    mount_change(c"/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    enter_root_with_procfs(directory)?;
    let mounts = rustix::fs::open("/proc/self/ns/mnt", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let program = enter_empty_root()?;
    kernel::ignore_children();
    drop_privileges()?;
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // Fails if the supervisor has died before its death could be noticed.
    seqpacket::send(supervisor.as_fd(), b"mounts", &[mounts.as_fd()])?;
    kernel::close_standard_streams();
    kernel::close_on_exec_from(3)?;
    kernel::load_seccomp(filter)?;
    Err(kernel::execute_descriptor(program.as_fd()))
}

/// Leaves the machine's files for a root that has the namespace's procfs, and a place for the next root.
fn enter_root_with_procfs(directory: &Path) -> io::Result<()> {
    let root = make_root()?;
    for name in ["proc", "next"] {
        mkdirat(&root, name, Mode::from_raw_mode(0o555))?;
    }
    attach_mount(root.as_fd(), rustix::fs::open(directory, DIRECTORY, Mode::empty())?.as_fd())?;
    let procfs = make_file_system("proc", "proc", &MountOptions::parse(["nosuid", "nodev", "noexec"]))?;
    attach_mount(procfs.as_fd(), openat(&root, "proc", DIRECTORY, Mode::empty())?.as_fd())?;
    enter_root(root.as_fd())
}

/// Leaves that one, too, for an empty one in other mounts. Returns the program, a file without a name there.
fn enter_empty_root() -> io::Result<OwnedFd> {
    // SAFETY: this process has one thread, and its descriptors are not affected.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNS) }?;
    let root = make_root()?;
    let program = program::write_to(&root)?;
    kernel::mount_setattr(root.as_fd(), libc::MOUNT_ATTR_RDONLY, 0, 0, false)?;
    attach_mount(root.as_fd(), rustix::fs::open("/next", DIRECTORY, Mode::empty())?.as_fd())?;
    enter_root(root.as_fd())?;
    Ok(program)
}

fn make_root() -> io::Result<OwnedFd> {
    make_file_system("tmpfs", "tmpfs", &MountOptions::parse(["nosuid", "nodev", "mode=555", "size=64k"]))
}

fn drop_privileges() -> io::Result<()> {
    for number in 0..u64::BITS {
        match rustix::thread::remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << number)) {
            // The kernel knows no capability of this number.
            Err(rustix::io::Errno::INVAL) => break,
            result => result?,
        }
    }
    let (uid, gid) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    rustix::thread::set_thread_groups(&[])?;
    rustix::thread::set_thread_res_gid(gid, gid, gid)?;
    rustix::thread::set_thread_res_uid(uid, uid, uid)?;
    let none = CapabilitySet::empty();
    rustix::thread::set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    rustix::thread::clear_ambient_capability_set()?;
    Ok(rustix::thread::set_no_new_privs(true)?)
}
