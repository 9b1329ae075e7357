//! Paths a container may not write to or not see at all.

use super::{
    Explain, Result,
    mount_options::MountOptions,
    mounts::make_file_system,
    root::{Root, attach_mount, clone_mount, clone_mount_at},
};
use crate::kernel;
use rustix::fs::{FileType, OFlags, major, minor};
use std::{
    io::{self, ErrorKind},
    os::fd::{AsFd, OwnedFd},
    path::Path,
};

/// Mounts each path over itself, read-only. What does not exist needs no protection.
pub fn make_read_only(root: &Root, paths: &[String]) -> Result<()> {
    paths.iter().try_for_each(|path| read_only(root, path).explain(|| format!("make {path} read-only")))
}

fn read_only(root: &Root, path: &str) -> io::Result<()> {
    let Some(target) = open(root, path)? else { return Ok(()) };
    let copy = clone_mount(target.as_fd(), true)?;
    kernel::mount_setattr(copy.as_fd(), libc::MOUNT_ATTR_RDONLY, 0, 0, true)?;
    attach_mount(copy.as_fd(), target.as_fd())
}

/// Hides each path: a file behind `/dev/null`, a directory behind an empty one.
pub fn hide(root: &Root, paths: &[String]) -> Result<()> {
    let mut empty = None;
    paths.iter().try_for_each(|path| hide_one(root, path, &mut empty).explain(|| format!("mask {path}")))
}

fn hide_one(root: &Root, path: &str, empty: &mut Option<OwnedFd>) -> io::Result<()> {
    let Some(target) = open(root, path)? else { return Ok(()) };
    if FileType::from_raw_mode(rustix::fs::fstat(&target)?.st_mode) != FileType::Directory {
        return attach_mount(clone_mount_of_null()?.as_fd(), target.as_fd());
    }
    // One empty file system serves all; the second mount on is a copy of the first.
    if let Some(first) = empty {
        return attach_mount(clone_mount(first.as_fd(), false)?.as_fd(), target.as_fd());
    }
    let options = MountOptions::parse(["ro", "nosuid", "nodev", "noexec", "size=0"]);
    let directory = make_file_system("tmpfs", "tmpfs", &options)?;
    attach_mount(directory.as_fd(), target.as_fd())?;
    *empty = Some(directory);
    Ok(())
}

/// The machine's `/dev/null`, not the container's: that one may be a link to what its author wants to write to or to
/// see bound (CVE-2025-31133).
fn clone_mount_of_null() -> io::Result<OwnedFd> {
    let null = clone_mount_at(Path::new("/dev/null"), false)?;
    let status = rustix::fs::fstat(&null)?;
    let is_null = FileType::from_raw_mode(status.st_mode) == FileType::CharacterDevice
        && (major(status.st_rdev), minor(status.st_rdev)) == (1, 3);
    if is_null { Ok(null) } else { Err(io::Error::other("the machine's /dev/null is not the null device")) }
}

fn open(root: &Root, path: &str) -> io::Result<Option<OwnedFd>> {
    match root.open(Path::new(path), OFlags::PATH) {
        Ok(target) => Ok(Some(target)),
        Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => Ok(None),
        Err(error) => Err(error),
    }
}
