//! What may be mounted over /proc: nothing, or writes to it would go elsewhere and what it says could be forged. The
//! exceptions are runc's (`checkProcMount`): another procfs, and files that lxcfs makes.

use crate::{confined::clean, procfs};
use std::{io, os::fd::BorrowedFd, path::Path};

const FILES: [&str; 10] = [
    "proc/cpuinfo",
    "proc/diskstats",
    "proc/loadavg",
    "proc/meminfo",
    "proc/slabinfo",
    "proc/stat",
    "proc/swaps",
    "proc/sys/crypto/fips_enabled",
    "proc/sys/kernel/ns_last_pid",
    "proc/uptime",
];

/// Looks at where the destination has led, not at its name.
pub fn check(target: BorrowedFd<'_>, destination: &Path, mount: BorrowedFd<'_>) -> io::Result<()> {
    if !procfs::is_procfs(target)? {
        return Ok(());
    }
    let name = destination.display().to_string();
    if procfs::is_root(target)? {
        let is_procfs = procfs::is_root(mount)?;
        let refusal = || io::Error::other(format!("{name:?} cannot be mounted because it is not of type proc"));
        return if is_procfs { Ok(()) } else { Err(refusal()) };
    }
    let clean = clean(destination);
    if FILES.iter().any(|file| Path::new(file) == clean) {
        return Ok(());
    }
    Err(io::Error::other(format!("{name:?} cannot be mounted because it is inside /proc")))
}
