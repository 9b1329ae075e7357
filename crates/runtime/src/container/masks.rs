//! Paths a container may not write to or not see at all.

use super::{
    attach::{attach_mount, clone_mount, make_file_system},
    failure::{Explain, Result},
    mount_options::MountOptions,
};
use crate::{confined::Confined, kernel};
use rustix::fs::{FileType, OFlags};
use std::{
    io::{self, ErrorKind},
    os::fd::{AsFd, OwnedFd},
    path::Path,
};

/// Mounts each path over itself, read-only. What does not exist needs no protection.
pub fn make_read_only(root: &Confined, paths: &[String]) -> Result<()> {
    paths.iter().try_for_each(|path| read_only(root, path).explain(|| format!("make {path} read-only")))
}

fn read_only(root: &Confined, path: &str) -> io::Result<()> {
    let Some(target) = open(root, path)? else { return Ok(()) };
    let copy = clone_mount(target.as_fd(), true)?;
    kernel::mount_setattr(copy.as_fd(), libc::MOUNT_ATTR_RDONLY, 0, 0, true)?;
    attach_mount(copy.as_fd(), target.as_fd())
}

/// Hides each path: a file behind the null device, a directory behind an empty one.
pub fn hide(root: &Confined, paths: &[String], null: OwnedFd) -> Result<()> {
    let (mut null, mut empty) = (Cover::new(null), None);
    paths.iter().try_for_each(|path| hide_one(root, path, &mut null, &mut empty).explain(|| format!("mask {path}")))
}

fn hide_one(root: &Confined, path: &str, null: &mut Cover, empty: &mut Option<Cover>) -> io::Result<()> {
    let Some(target) = open(root, path)? else { return Ok(()) };
    if FileType::from_raw_mode(rustix::fs::fstat(&target)?.st_mode) != FileType::Directory {
        return null.put_over(&target);
    }
    let empty = match empty {
        Some(empty) => empty,
        none => none.insert(Cover::new(empty_directory()?)),
    };
    empty.put_over(&target)
}

fn empty_directory() -> io::Result<OwnedFd> {
    make_file_system("tmpfs", "tmpfs", &MountOptions::parse(["ro", "nosuid", "nodev", "noexec", "size=0"]))
}

/// A mount that covers what nobody shall see, as often as need be: where it is put the second time on is a copy.
struct Cover {
    mount: OwnedFd,
    is_attached: bool,
}

impl Cover {
    fn new(mount: OwnedFd) -> Self {
        Self { mount, is_attached: false }
    }

    fn put_over(&mut self, target: &OwnedFd) -> io::Result<()> {
        if self.is_attached {
            return attach_mount(clone_mount(self.mount.as_fd(), false)?.as_fd(), target.as_fd());
        }
        attach_mount(self.mount.as_fd(), target.as_fd())?;
        self.is_attached = true;
        Ok(())
    }
}

fn open(root: &Confined, path: &str) -> io::Result<Option<OwnedFd>> {
    match root.find(Path::new(path), OFlags::PATH) {
        Ok(target) => Ok(Some(target)),
        Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => Ok(None),
        Err(error) => Err(error),
    }
}
