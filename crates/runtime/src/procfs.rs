//! Writes to the machine's own procfs, and makes sure that it is one: a /proc that is something else would swallow what
//! is written or send it elsewhere (CVE-2019-16884, CVE-2025-52881).

use rustix::fs::{Mode, OFlags, ResolveFlags};
use std::{
    fmt::Display,
    io::{self, ErrorKind},
};

/// The type of a procfs (statfs(2)).
const PROC_SUPER_MAGIC: i64 = 0x9fa0;

/// Sets how ready the kernel is to kill the calling process for want of memory. `false`: lowering it takes
/// `CAP_SYS_RESOURCE`, which this machine does not give; the value stays.
pub fn set_oom_score_adj(value: i32) -> Result<bool, String> {
    match write("self/oom_score_adj", &value.to_string()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(false),
        Err(error) => Err(explain(&format!("set oom_score_adj to {value}"), &error)),
    }
}

/// Writes to a file of /proc.
pub fn write(path: &str, value: &str) -> io::Result<()> {
    let proc = rustix::fs::open("/proc", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    if rustix::fs::fstatfs(&proc)?.f_type != PROC_SUPER_MAGIC {
        return Err(io::Error::other("/proc is not a procfs"));
    }
    // Nothing may be mounted over a part of it either.
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_XDEV | ResolveFlags::NO_MAGICLINKS;
    let file = rustix::fs::openat2(&proc, path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty(), resolve)?;
    rustix::io::write(&file, value.as_bytes())?;
    Ok(())
}

pub fn explain(what: &str, error: &dyn Display) -> String {
    format!("{what}: {}", crate::container::reason(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_is_written_to() {
        assert!(write("sys/../../etc/passwd", "x").is_err());
    }
}
