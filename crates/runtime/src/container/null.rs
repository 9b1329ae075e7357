//! The machine's null device, lent to containers: on a mount of its own that is read-only, or a container's root user
//! could change the owner and the mode of the machine's `/dev/null`. Writing to the device is no write to the mount.

use super::attach::clone_mount_at;
use crate::kernel;
use rustix::fs::{FileType, Mode, OFlags, major, minor};
use std::{
    io,
    os::fd::{AsFd, AsRawFd, OwnedFd},
    path::Path,
};

/// A mount of the machine's `/dev/null`, attached nowhere. Not the container's: that one may be a link to what its author
/// wants to write to or to see bound (CVE-2025-31133).
pub fn mount() -> io::Result<OwnedFd> {
    let null = clone_mount_at(Path::new("/dev/null"), false)?;
    let status = rustix::fs::fstat(&null)?;
    let is_null = FileType::from_raw_mode(status.st_mode) == FileType::CharacterDevice
        && (major(status.st_rdev), minor(status.st_rdev)) == (1, 3);
    if !is_null {
        return Err(io::Error::other("the machine's /dev/null is not the null device"));
    }
    let attributes = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC;
    kernel::mount_setattr(null.as_fd(), attributes, 0, libc::MS_PRIVATE, false)?;
    Ok(null)
}

/// The device, opened on such a mount: an empty standard input, or an output that goes nowhere.
pub fn open() -> io::Result<OwnedFd> {
    let mount = mount()?;
    let path = format!("/proc/self/fd/{}", mount.as_raw_fd());
    Ok(rustix::fs::open(path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?)
}
