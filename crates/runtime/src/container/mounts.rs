//! The mounts of a container: binds of the machine's files, and file systems of its own.

use super::{
    attach::{attach_mount, make_file_system},
    failure::{Explain, Result},
    mount_options::{MountOptions, is_bind, options},
    over_proc,
    sources::{Hierarchy, Source, failed},
};
use crate::{confined::Confined, kernel};
use oci_spec::runtime::Mount;
use rustix::fs::{FileType, Mode, OFlags, openat};
use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

const DIRECTORY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Does one mount.
pub fn mount(root: &Confined, mount: &Mount, source: Source) -> Result<()> {
    let (destination, options) = (mount.destination().as_path(), options(mount));
    match source {
        Source::Bind(source) => bind(root, destination, source.as_fd(), &options),
        Source::Procfs(procfs) => mount_procfs(root, destination, procfs.as_fd(), &options),
        Source::Cgroup(hierarchy) => {
            root.make_directory(destination).and_then(|target| attach(hierarchy.as_fd(), target.as_fd(), destination))
        }
        Source::Cgroups(hierarchies) => mount_cgroups(root, destination, &options, hierarchies),
        Source::New => mount_file_system(root, mount, &options),
    }
    .explain(|| failed(mount))
}

fn attach(mount: BorrowedFd<'_>, target: BorrowedFd<'_>, destination: &Path) -> io::Result<()> {
    over_proc::check(target, destination, mount)?;
    attach_mount(mount, target)
}

fn bind(root: &Confined, destination: &Path, source: BorrowedFd<'_>, options: &MountOptions) -> io::Result<()> {
    let is_directory = FileType::from_raw_mode(rustix::fs::fstat(source)?.st_mode) == FileType::Directory;
    let target = if is_directory { root.make_directory(destination)? } else { root.make_file(destination)? };
    // Private unless asked for: what is mounted in the container is nobody else's business.
    let (propagation, recursive) = options.propagation.unwrap_or((libc::MS_PRIVATE, true));
    kernel::mount_setattr(source, 0, 0, propagation, recursive)?;
    if options.recursive_set | options.recursive_clear != 0 {
        kernel::mount_setattr(source, options.recursive_set, options.recursive_clear, 0, true)?;
    }
    if options.set | options.clear != 0 {
        kernel::mount_setattr(source, options.set, options.clear, 0, false)?;
    }
    attach(source, target.as_fd(), destination)
}

fn mount_procfs(root: &Confined, destination: &Path, procfs: BorrowedFd<'_>, options: &MountOptions) -> io::Result<()> {
    let target = directory_for(root, destination, "proc")?;
    kernel::mount_setattr(procfs, options.set, options.clear, libc::MS_PRIVATE, false)?;
    attach(procfs, target.as_fd(), destination)
}

fn mount_file_system(root: &Confined, mount: &Mount, options: &MountOptions) -> io::Result<()> {
    let kind = mount.typ().as_deref().unwrap_or("none");
    let target = directory_for(root, mount.destination(), kind)?;
    let source = mount.source().as_deref().and_then(Path::to_str).unwrap_or(kind);
    let file_system = make_file_system(kind, source, options)?;
    if let Some((propagation, recursive)) = options.propagation {
        kernel::mount_setattr(file_system.as_fd(), 0, 0, propagation, recursive)?;
    }
    attach(file_system.as_fd(), target.as_fd(), mount.destination())
}

/// An image whose /proc or /sys is a link would get the real one elsewhere and could forge what is written to them
/// (CVE-2023-28642, CVE-2025-54867); elsewhere links are followed inside the root.
fn directory_for(root: &Confined, destination: &Path, kind: &str) -> io::Result<OwnedFd> {
    let directory = root.make_directory(destination)?;
    match kind {
        "proc" | "sysfs" => root.find_without_links(destination, OFlags::PATH | OFlags::DIRECTORY),
        _ => Ok(directory),
    }
}

/// A directory with each hierarchy of cgroup version 1, and links for controllers that share one.
fn mount_cgroups(
    root: &Confined,
    destination: &Path,
    options: &MountOptions,
    hierarchies: Vec<Hierarchy>,
) -> io::Result<()> {
    let target = root.make_directory(destination)?;
    let data = vec![("mode".to_owned(), Some("755".to_owned()))];
    let writable = MountOptions { data, set: options.set & !libc::MOUNT_ATTR_RDONLY, ..options.clone() };
    let directory = make_file_system("tmpfs", "tmpfs", &writable)?;
    attach(directory.as_fd(), target.as_fd(), destination)?;
    for Hierarchy { name, controllers, mount } in hierarchies {
        rustix::fs::mkdirat(&directory, &name, Mode::from_raw_mode(0o755))?;
        let target = openat(&directory, &name, DIRECTORY, Mode::empty())?;
        attach_mount(mount.as_fd(), target.as_fd())?;
        for controller in controllers.iter().filter(|controller| name != controller.as_str()) {
            rustix::fs::symlinkat(&name, &directory, controller.as_str())?;
        }
    }
    kernel::mount_setattr(directory.as_fd(), options.set, 0, 0, false)
}

/// Whether `/dev` is the machine's, or a part of it, so that nothing may be made there.
pub fn device_directory_is_bound(mounts: &[Mount]) -> bool {
    mounts.iter().any(|mount| {
        mount.destination().as_path().components().eq(Path::new("/dev").components()) && is_bind(mount, &options(mount))
    })
}
