//! The terminal of a container or of another process in it.

use super::{
    attach::{attach_mount, clone_mount},
    failure::{Explain, Result},
};
use crate::confined::Confined;
use oci_spec::runtime::Process;
use rustix::{
    fs::{Gid, OFlags, Uid},
    pty::OpenptFlags,
    termios::Winsize,
};
use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    path::Path,
};

/// The type of a devpts (statfs(2)).
const DEVPTS_SUPER_MAGIC: i64 = 0x1cd1;

/// A terminal on the container's own devpts.
pub struct Console {
    /// The side that the supervisor reads and writes.
    pub master: OwnedFd,
    terminal: OwnedFd,
}

impl Console {
    /// Makes a terminal and mounts it on `/dev/console`.
    pub fn open(root: &Confined, process: &Process) -> Result<Self> {
        let console = Self::allocate(root, process)?;
        console.mount(root).explain(|| "mount the terminal on /dev/console".to_owned())?;
        Ok(console)
    }

    /// Makes a terminal.
    pub fn allocate(root: &Confined, process: &Process) -> Result<Self> {
        Self::try_allocate(root, process).explain(|| "make the terminal".to_owned())
    }

    fn try_allocate(root: &Confined, process: &Process) -> io::Result<Self> {
        let master = root.find(Path::new("/dev/pts/ptmx"), OFlags::RDWR | OFlags::NOCTTY)?;
        if rustix::fs::fstatfs(&master)?.f_type != DEVPTS_SUPER_MAGIC {
            return Err(io::Error::other("/dev/pts is not a devpts"));
        }
        rustix::pty::unlockpt(&master)?;
        // Not by its name, which the image could have given to something else (CVE-2025-52565).
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let terminal = rustix::pty::ioctl_tiocgptpeer(&master, flags)?;
        rustix::fs::fchown(&terminal, Some(Uid::from_raw(process.user().uid())), None::<Gid>)?;
        if let Some(size) = process.console_size() {
            let cells = |cells: u64| u16::try_from(cells).unwrap_or(u16::MAX);
            let size =
                Winsize { ws_row: cells(size.height()), ws_col: cells(size.width()), ws_xpixel: 0, ws_ypixel: 0 };
            rustix::termios::tcsetwinsize(&master, size)?;
        }
        Ok(Self { master, terminal })
    }

    fn mount(&self, root: &Confined) -> io::Result<()> {
        let target = root.make_file(Path::new("/dev/console"))?;
        attach_mount(clone_mount(self.terminal.as_fd(), false)?.as_fd(), target.as_fd())
    }

    /// Makes the terminal standard input, output and error.
    pub fn become_streams(&self) -> Result<()> {
        rustix::stdio::dup2_stdin(&self.terminal)
            .and_then(|()| rustix::stdio::dup2_stdout(&self.terminal))
            .and_then(|()| rustix::stdio::dup2_stderr(&self.terminal))
            .explain(|| "take over the terminal".to_owned())
    }
}
