//! The machine's own procfs: what is asked of it and written to it. First of all it must be one: a /proc that is
//! something else would swallow what is written or send it elsewhere (CVE-2019-16884, CVE-2025-52881).

use rustix::fs::{Mode, OFlags, ResolveFlags};
use std::{
    fmt::Display,
    fs,
    io::{self, ErrorKind},
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    path::Path,
};

/// The type of a procfs (statfs(2)).
const PROC_SUPER_MAGIC: i64 = 0x9fa0;
/// The number of its root (`include/linux/proc_fs.h`).
const PROC_ROOT_INODE: u64 = 1;

/// Sets how ready the kernel is to kill the calling process for want of memory. `false`: lowering it takes
/// `CAP_SYS_RESOURCE`, which this machine does not give; the value stays.
pub fn set_oom_score_adj(value: i32) -> Result<bool, String> {
    match write("self/oom_score_adj", &value.to_string()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(false),
        Err(error) => Err(explain(&format!("set oom_score_adj to {value}"), &error)),
    }
}

/// Whether a file is one of a procfs.
pub fn is_procfs(file: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(rustix::fs::fstatfs(file)?.f_type == PROC_SUPER_MAGIC)
}

/// Whether a file is the root of a procfs.
pub fn is_root(file: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(is_procfs(file)? && rustix::fs::fstat(file)?.st_ino == PROC_ROOT_INODE)
}

/// The number of the process that a pidfd stands for.
pub fn pid_of(pidfd: BorrowedFd<'_>) -> io::Result<u32> {
    let facts = fs::read_to_string(format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd()))?;
    let pid = facts.lines().find_map(|line| line.strip_prefix("Pid:")?.trim().parse().ok());
    pid.ok_or_else(|| ErrorKind::NotFound.into())
}

/// Opens a namespace by its path, `/proc/PID/ns/NAME`. Whose number that is, is for the caller to know.
pub fn open_namespace(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
}

/// Writes to a file of /proc.
pub fn write(path: &str, value: &str) -> io::Result<()> {
    let proc = rustix::fs::open("/proc", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    if !is_procfs(proc.as_fd())? {
        return Err(io::Error::other("/proc is not a procfs"));
    }
    // Nothing may be mounted over a part of it either.
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_XDEV | ResolveFlags::NO_MAGICLINKS;
    let file = rustix::fs::openat2(&proc, path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty(), resolve)?;
    rustix::io::write(&file, value.as_bytes())?;
    Ok(())
}

pub fn explain(what: &str, error: &dyn Display) -> String {
    format!("{what}: {}", crate::error::reason(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_is_written_to() {
        assert!(write("sys/../../etc/passwd", "x").is_err());
    }
}
