//! A PID namespace that is shared with others.
//!
//! Whoever is in it and has `CAP_SYS_PTRACE` sees a process that is still being built, with the machine's root and
//! descriptors, and takes it over with all its capabilities. So the container is built by a process outside; only when
//! that one has nothing left but what the program shall have does it fork a sibling of itself into the namespace, which
//! executes the program at once.

use super::{
    attach::clone_mount_at,
    failure::{Explain, Result},
    progress::{Progress, report},
};
use crate::{kernel, procfs};
use rustix::{
    fs::{Mode, OFlags},
    thread::{LinkNameSpaceType, move_into_link_name_space},
};
use std::{
    cell::RefCell,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

/// A PID namespace that is shared, and mounts in which its procfs is on `/proc`; opened by the supervisor.
pub struct Shared {
    pub pid: OwnedFd,
    pub mounts: OwnedFd,
}

/// A namespace to join, and its procfs. Only a process inside could make another one, so it is copied from mounts that
/// have it.
pub struct Joined {
    namespace: OwnedFd,
    procfs: RefCell<Option<OwnedFd>>,
}

impl Joined {
    pub fn open(Shared { pid, mounts }: Shared) -> Result<Self> {
        let procfs =
            copy_procfs(mounts.as_fd()).explain(|| "copy the procfs of the PID namespace to join".to_owned())?;
        Ok(Self { namespace: pid, procfs: RefCell::new(Some(procfs)) })
    }

    /// The namespace's procfs, on a mount that is attached nowhere.
    pub fn procfs(&self) -> io::Result<OwnedFd> {
        self.procfs.take().ok_or_else(|| io::Error::other("a PID namespace that is joined has one procfs"))
    }

    /// Has what is forked from now on born inside.
    pub fn enter(self) -> Result<()> {
        move_into_link_name_space(self.namespace.as_fd(), Some(LinkNameSpaceType::ProcessID))
            .explain(|| "join the PID namespace".to_owned())
    }
}

/// Goes to other mounts and back.
fn copy_procfs(mounts: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let enter = |namespace| move_into_link_name_space(namespace, Some(LinkNameSpaceType::Mount));
    let open = |path, flags| rustix::fs::open(path, flags | OFlags::CLOEXEC, Mode::empty());
    let (own, root) = (open(c"/proc/self/ns/mnt", OFlags::RDONLY)?, open(c"/", OFlags::PATH | OFlags::DIRECTORY)?);
    enter(mounts)?;
    let copied = clone_mount_at(Path::new("/proc"), false);
    enter(own.as_fd())?;
    rustix::process::fchdir(&root)?;
    rustix::process::chroot(c".")?;
    let procfs = copied?;
    if procfs::is_root(procfs.as_fd())? { Ok(procfs) } else { Err(io::Error::other("its /proc is not a procfs")) }
}

/// Forks the process that executes the program, which alone returns. The supervisor becomes its parent, and gets a
/// descriptor for it.
pub fn be_born(status: BorrowedFd<'_>, warnings: Vec<String>) -> Result<()> {
    let sibling = kernel::clone_sibling()
        .explain(|| "fork into the shared PID namespace (a seccomp profile must allow clone there)".to_owned())?;
    let Some(sibling) = sibling else { return Ok(()) };
    let reported = report(status, &Progress::Ready { warnings }, Some(sibling.as_fd()));
    kernel::exit(i32::from(reported.is_err()))
}
