//! The mounts of a container: binds of the machine's files, and file systems of its own.

use super::{
    Explain, Result,
    mount_options::MountOptions,
    root::{Root, attach_mount, clone_mount_at},
};
use crate::{cgroup::Cgroups, kernel};
use oci_spec::runtime::Mount;
use rustix::{
    fs::{FileType, OFlags},
    mount::{
        FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_flag, fsconfig_set_string, fsmount,
        fsopen,
    },
};
use std::{
    collections::BTreeMap,
    io,
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
};

/// The container's cgroup and whether the container has a cgroup namespace, whose root is that cgroup.
pub type CgroupView<'a> = (&'a Cgroups, &'a str, bool);

/// Copies of the mounts that are to be bound, in the order of `mounts`.
pub fn open_sources(mounts: &[Mount]) -> Result<Vec<Option<OwnedFd>>> {
    let open = |mount: &Mount| {
        let options = options(mount);
        let Some(source) = mount.source().as_ref().filter(|_| is_bind(mount, &options)) else { return Ok(None) };
        clone_mount_at(source, options.recursive_bind)
            .map(Some)
            .explain(|| failed(&source.display().to_string(), mount))
    };
    mounts.iter().map(open).collect()
}

/// Does one mount. A bind comes with its source.
pub fn mount(root: &Root, mount: &Mount, source: Option<&OwnedFd>, cgroup: &CgroupView<'_>) -> Result<()> {
    let options = options(mount);
    let kind = mount.typ().as_deref().unwrap_or("none");
    match (source, kind) {
        (Some(source), _) => bind(root, mount.destination(), source, &options),
        (None, "cgroup" | "cgroup2") => mount_cgroup(root, mount.destination(), &options, cgroup),
        (None, kind) => mount_file_system(root, mount, kind, &options),
    }
    .explain(|| {
        let source = mount.source().as_ref().map_or(kind.to_owned(), |source| source.display().to_string());
        failed(&source, mount)
    })
}

/// In runc's words.
fn failed(source: &str, mount: &Mount) -> String {
    let destination = mount.destination().display().to_string();
    format!("error mounting {source:?} to rootfs at {destination:?}")
}

fn bind(root: &Root, destination: &Path, source: &OwnedFd, options: &MountOptions) -> io::Result<()> {
    let is_directory = FileType::from_raw_mode(rustix::fs::fstat(source)?.st_mode) == FileType::Directory;
    let target = if is_directory { root.make_directory(destination)? } else { root.make_file(destination)? };
    // Private unless asked for: what is mounted in the container is nobody else's business.
    let (propagation, recursive) = options.propagation.unwrap_or((libc::MS_PRIVATE, true));
    kernel::mount_setattr(source.as_fd(), 0, 0, propagation, recursive)?;
    if options.recursive_set | options.recursive_clear != 0 {
        kernel::mount_setattr(source.as_fd(), options.recursive_set, options.recursive_clear, 0, true)?;
    }
    if options.set | options.clear != 0 {
        kernel::mount_setattr(source.as_fd(), options.set, options.clear, 0, false)?;
    }
    attach_mount(source.as_fd(), target.as_fd())
}

fn mount_file_system(root: &Root, mount: &Mount, kind: &str, options: &MountOptions) -> io::Result<()> {
    root.make_directory(mount.destination())?;
    // An image whose /proc or /sys is a link would get the real one elsewhere and could forge what is written to them
    // (CVE-2023-28642); elsewhere links are followed inside the root.
    let flags = OFlags::PATH | OFlags::DIRECTORY;
    let target = match kind {
        "proc" | "sysfs" => root.open_without_links(mount.destination(), flags)?,
        _ => root.open(mount.destination(), flags)?,
    };
    let source = mount.source().as_deref().and_then(Path::to_str).unwrap_or(kind);
    let file_system = make_file_system(kind, source, options)?;
    if let Some((propagation, recursive)) = options.propagation {
        kernel::mount_setattr(file_system.as_fd(), 0, 0, propagation, recursive)?;
    }
    attach_mount(file_system.as_fd(), target.as_fd())
}

/// Mounts a new file system nowhere yet.
pub fn make_file_system(kind: &str, source: &str, options: &MountOptions) -> io::Result<OwnedFd> {
    let context = fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&context, "source", source)?;
    for (name, value) in &options.data {
        match value {
            Some(value) => fsconfig_set_string(&context, name.as_str(), value.as_str())?,
            None => fsconfig_set_flag(&context, name.as_str())?,
        }
    }
    fsconfig_create(&context)?;
    let attributes = u32::try_from(options.set | options.recursive_set).map_err(io::Error::other)?;
    Ok(fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::from_bits_retain(attributes))?)
}

/// Shows the container its own cgroup: on version 2 the one hierarchy, on version 1 a directory with each of them.
fn mount_cgroup(
    root: &Root,
    destination: &Path,
    options: &MountOptions,
    (cgroups, cgroup, namespace): &CgroupView<'_>,
) -> io::Result<()> {
    let attributes = MountOptions { data: Vec::new(), ..options.clone() };
    // With a namespace of its own the kernel shows the cgroup as the root; else it is bound from the machine's.
    let hierarchy = |kind: &str, controllers: &[&str], directory: &Path| {
        if *namespace {
            let data = controllers.iter().map(|controller| ((*controller).to_owned(), None)).collect();
            return make_file_system(kind, "cgroup", &MountOptions { data, ..attributes.clone() });
        }
        let mount = clone_mount_at(directory, false)?;
        kernel::mount_setattr(mount.as_fd(), attributes.set, attributes.clear, libc::MS_PRIVATE, false)?;
        Ok(mount)
    };
    let target = root.make_directory(destination)?;
    match cgroups {
        Cgroups::V2(mount) => {
            let mount = hierarchy("cgroup2", &[], &mount.join(cgroup.trim_start_matches('/')))?;
            attach_mount(mount.as_fd(), target.as_fd())
        }
        Cgroups::V1(mounts) => {
            let data = vec![("mode".to_owned(), Some("755".to_owned()))];
            let writable = MountOptions { data, set: options.set & !libc::MOUNT_ATTR_RDONLY, ..options.clone() };
            let directory = make_file_system("tmpfs", "tmpfs", &writable)?;
            attach_mount(directory.as_fd(), target.as_fd())?;
            for (point, controllers) in controllers_by_mount(mounts) {
                let mount = hierarchy("cgroup", &controllers, &point.join(cgroup.trim_start_matches('/')))?;
                let name = point.file_name().ok_or(io::ErrorKind::InvalidInput)?;
                rustix::fs::mkdirat(&directory, name, rustix::fs::Mode::from_raw_mode(0o755))?;
                let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let target = rustix::fs::openat(&directory, name, flags, rustix::fs::Mode::empty())?;
                attach_mount(mount.as_fd(), target.as_fd())?;
                for controller in controllers.into_iter().filter(|controller| *controller != name) {
                    rustix::fs::symlinkat(name, &directory, controller)?;
                }
            }
            kernel::mount_setattr(directory.as_fd(), options.set, 0, 0, false)
        }
    }
}

fn controllers_by_mount(mounts: &BTreeMap<String, PathBuf>) -> BTreeMap<&Path, Vec<&str>> {
    let mut by_mount: BTreeMap<&Path, Vec<&str>> = BTreeMap::new();
    for (controller, mount) in mounts {
        by_mount.entry(mount).or_default().push(controller);
    }
    by_mount
}

/// Whether `/dev` is the machine's, or a part of it, so that nothing may be made there.
pub fn device_directory_is_bound(mounts: &[Mount]) -> bool {
    mounts.iter().any(|mount| {
        mount.destination().as_path().components().eq(Path::new("/dev").components()) && is_bind(mount, &options(mount))
    })
}

fn options(mount: &Mount) -> MountOptions {
    MountOptions::parse(mount.options().iter().flatten().map(String::as_str))
}

fn is_bind(mount: &Mount, options: &MountOptions) -> bool {
    options.bind || mount.typ().as_deref() == Some("bind")
}
