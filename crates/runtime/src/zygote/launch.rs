//! Starts the zygote and orders supervisors from it: the server's side.

use super::title;
use crate::{kernel, protocol::Supervise, seqpacket};
use rustix::mount::{OpenTreeFlags, open_tree};
use std::{
    io,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::process::CommandExt,
    },
    path::Path,
    process::{Child, Command, Stdio},
};

/// The first argument that makes the program a zygote.
pub const ROLE: &str = "zygote";
/// The variables that tell it its cgroup, and that give its title room.
pub const CGROUP: &str = "CGROUP";
const TITLE: &str = "TITLE";

/// The zygote, started again when it is needed and has died.
pub struct Zygote {
    executable: OwnedFd,
    cgroup: String,
    running: Option<(Child, OwnedFd)>,
}

impl Zygote {
    /// Starts a zygote that moves to `cgroup`, which must exist.
    pub fn start(cgroup: String) -> io::Result<Self> {
        let mut zygote = Self { executable: read_only_executable()?, cgroup, running: None };
        zygote.running = Some(zygote.spawn()?);
        Ok(zygote)
    }

    /// Has a supervisor forked, which listens on `listener`.
    pub fn order(&mut self, order: &Supervise, listener: &OwnedFd) -> io::Result<()> {
        let message = serde_json::to_vec(order)?;
        if let Some((child, socket)) = &mut self.running {
            if seqpacket::send(socket.as_fd(), &message, &[listener.as_fd()]).is_ok() {
                return Ok(());
            }
            // It does not listen any more. Whatever it still does, it must not go on.
            child.kill()?;
            child.wait()?;
        }
        let (child, socket) = self.spawn()?;
        let (_, socket) = self.running.insert((child, socket));
        seqpacket::send(socket.as_fd(), &message, &[listener.as_fd()])
    }

    /// Closes the socket, upon which the zygote ends, and reaps it.
    pub fn stop(&mut self) {
        if let Some((mut child, socket)) = self.running.take() {
            drop(socket);
            // Nobody is left to be told.
            let _ = child.wait();
        }
    }

    fn spawn(&self) -> io::Result<(Child, OwnedFd)> {
        let (ours, theirs) = seqpacket::pair()?;
        let child = Command::new(format!("/proc/self/fd/{}", self.executable.as_raw_fd()))
            .arg0("minke")
            .arg(ROLE)
            .env_clear()
            .env(CGROUP, &self.cgroup)
            .env(TITLE, " ".repeat(title::ROOM))
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .spawn()?;
        Ok((child, ours))
    }
}

impl Drop for Zygote {
    fn drop(&mut self) {
        self.stop();
    }
}

/// This program on a read-only mount of its own, which is attached nowhere and so cannot be made writable. A container
/// that gets hold of the program a process of ours runs, as `/proc/PID/exe`, cannot write to it (CVE-2019-5736).
fn read_only_executable() -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let executable = open_tree(rustix::fs::CWD, Path::new("/proc/self/exe"), flags)?;
    kernel::mount_setattr(executable.as_fd(), libc::MOUNT_ATTR_RDONLY, 0, libc::MS_PRIVATE, false)?;
    Ok(executable)
}
