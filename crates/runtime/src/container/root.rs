//! The container's root: mounted from layers, looked into without being led out of it, and entered.

use super::{Explain, Failure, Result};
use crate::{
    kernel,
    protocol::{Start, bundle_directories},
};
use rustix::{
    fs::{CWD, Mode, OFlags, ResolveFlags},
    mount::{
        MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags, mount_change, move_mount,
        open_tree, unmount,
    },
};
use std::{
    ffi::OsStr,
    io::{self, ErrorKind},
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    path::{Component, Path, PathBuf},
};

/// Makes what is mounted from now on invisible to the machine, while what the machine mounts still comes in.
pub fn leave_peer_groups() -> Result<()> {
    mount_change(c"/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)
        .explain(|| "make all mounts slaves of the machine's".to_owned())
}

/// The root directory of a container that is being built.
///
/// Names in it belong to the image, whose author may be an enemy: they are resolved by the kernel with this directory as
/// root (`openat2(2)`, `RESOLVE_IN_ROOT`), and what is done is done to the descriptor, not to the name again.
pub struct Root {
    directory: OwnedFd,
}

impl Root {
    /// Mounts the layers as one file system on the bundle's `rootfs`.
    pub fn mount(start: &Start) -> Result<Self> {
        let [target, upper, work] = bundle_directories(&start.bundle);
        mount_layers(&start.lower, &upper, &work, &target)
            .explain(|| format!("mount {} image layers on {}", start.lower.len(), target.display()))?;
        let directory = open_path(&target).explain(|| format!("open {}", target.display()))?;
        Ok(Self { directory })
    }

    #[cfg(test)]
    pub fn of_directory(path: &Path) -> io::Result<Self> {
        open_path(path).map(|directory| Self { directory })
    }

    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    /// Opens what a path in the container means, following links inside the root.
    pub fn open(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        self.resolve(path, flags, ResolveFlags::empty())
    }

    /// As [`Self::open`], but no part of the path may be a link.
    pub fn open_without_links(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        self.resolve(path, flags, ResolveFlags::NO_SYMLINKS)
    }

    fn resolve(&self, path: &Path, flags: OFlags, resolve: ResolveFlags) -> io::Result<OwnedFd> {
        let path = inside(path);
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { &path };
        let resolve = resolve | ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        // EAGAIN: something was renamed during the look-up, and the kernel could not prove that we stayed inside.
        for _ in 0..32 {
            match rustix::fs::openat2(&self.directory, path, flags | OFlags::CLOEXEC, Mode::empty(), resolve) {
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
                result => return Ok(result?),
            }
        }
        Err(ErrorKind::WouldBlock.into())
    }

    /// Opens a directory, made with its ancestors where missing.
    pub fn make_directory(&self, path: &Path) -> io::Result<OwnedFd> {
        let flags = OFlags::PATH | OFlags::DIRECTORY;
        match self.open(path, flags) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            result => return result,
        }
        let (parent, name) = self.parent(path)?;
        match rustix::fs::mkdirat(&parent, &name, Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => self.open(path, flags),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens a file or whatever is there, or a new empty file.
    pub fn make_file(&self, path: &Path) -> io::Result<OwnedFd> {
        match self.open(path, OFlags::PATH) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            result => return result,
        }
        let (parent, name) = self.parent(path)?;
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(&parent, &name, flags, Mode::from_raw_mode(0o644)) {
            Ok(_) | Err(rustix::io::Errno::EXIST) => self.open(path, OFlags::PATH),
            Err(error) => Err(error.into()),
        }
    }

    /// The directory a path is in, made when missing, and its last name.
    pub fn parent(&self, path: &Path) -> io::Result<(OwnedFd, std::ffi::OsString)> {
        let path = inside(path);
        let name = path.file_name().map(OsStr::to_owned).ok_or(ErrorKind::InvalidInput)?;
        let parent = self.make_directory(path.parent().unwrap_or(Path::new("")))?;
        Ok((parent, name))
    }

    /// Makes this directory the root of the process and lets go of the machine's.
    pub fn enter(&self, read_only: bool, propagation: Option<&str>) -> Result<()> {
        let root = self.as_fd();
        if read_only {
            kernel::mount_setattr(root, libc::MOUNT_ATTR_RDONLY, 0, 0, false)
                .explain(|| "make the root read-only".to_owned())?;
        }
        rustix::process::fchdir(root)
            .and_then(|()| rustix::process::pivot_root(c".", c"."))
            .and_then(|()| unmount(c".", UnmountFlags::DETACH))
            .and_then(|()| rustix::process::chdir(c"/"))
            .explain(|| "change the root".to_owned())?;
        let Some(propagation) = propagation.filter(|propagation| !propagation.is_empty()) else { return Ok(()) };
        let flags = match propagation {
            "shared" => MountPropagationFlags::SHARED,
            "rshared" => MountPropagationFlags::SHARED | MountPropagationFlags::REC,
            "slave" => MountPropagationFlags::DOWNSTREAM,
            "rslave" => MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC,
            "private" => MountPropagationFlags::PRIVATE,
            "rprivate" => MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
            "unbindable" => MountPropagationFlags::UNBINDABLE,
            "runbindable" => MountPropagationFlags::UNBINDABLE | MountPropagationFlags::REC,
            other => return Err(Failure::Create(format!("rootfsPropagation {other:?} is none"))),
        };
        mount_change(c"/", flags).explain(|| format!("make the root {propagation}"))
    }
}

/// Mounts overlayfs. Its options fit on one page, however many layers there are and however long their paths: each is
/// named by the number of a descriptor, as seen from `/proc/self/fd`.
fn mount_layers(lower: &[PathBuf], upper: &Path, work: &Path, target: &Path) -> io::Result<()> {
    let layers = lower.iter().rev().map(|layer| open_path(layer)).collect::<io::Result<Vec<_>>>()?;
    let number = |descriptor: &OwnedFd| descriptor.as_raw_fd().to_string();
    let (upper, work, target) = (open_path(upper)?, open_path(work)?, open_path(target)?);
    // `volatile`: the layer is lost with the container anyway, nobody need wait for the disk.
    let options = format!(
        "lowerdir={},upperdir={},workdir={},index=off,metacopy=off,volatile\0",
        layers.iter().map(number).collect::<Vec<_>>().join(":"),
        number(&upper),
        number(&work),
    );
    let options = std::ffi::CString::from_vec_with_nul(options.into_bytes()).map_err(io::Error::other)?;
    rustix::process::chdir(c"/proc/self/fd")?;
    let mounted =
        rustix::mount::mount(c"overlay", number(&target), c"overlay", MountFlags::empty(), options.as_c_str());
    rustix::process::chdir(c"/")?;
    Ok(mounted?)
}

fn open_path(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

/// A copy of the mount that `source` is on, with `source` as its root, attached nowhere yet.
pub fn clone_mount(source: BorrowedFd<'_>, recursive: bool) -> io::Result<OwnedFd> {
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_EMPTY_PATH;
    flags.set(OpenTreeFlags::AT_RECURSIVE, recursive);
    Ok(open_tree(source, c"", flags)?)
}

/// As [`clone_mount`], of a path of the machine.
pub fn clone_mount_at(path: &Path, recursive: bool) -> io::Result<OwnedFd> {
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    flags.set(OpenTreeFlags::AT_RECURSIVE, recursive);
    Ok(open_tree(CWD, path, flags)?)
}

/// Puts a mount that is attached nowhere over the file or directory that `target` refers to.
pub fn attach_mount(mount: BorrowedFd<'_>, target: BorrowedFd<'_>) -> io::Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    Ok(move_mount(mount, c"", target, c"", flags)?)
}

/// The path relative to the root, without `.` and `..`.
fn inside(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => clean.push(name),
            Component::ParentDir => _ = clean.pop(),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_path_stays_inside_by_name_and_by_link() {
        let outside = tempfile::tempdir().unwrap();
        let image = tempfile::tempdir().unwrap();
        symlink(outside.path(), image.path().join("absolute")).unwrap();
        symlink("../../../../..", image.path().join("upwards")).unwrap();
        let root = Root::of_directory(image.path()).unwrap();
        for path in ["/absolute/new", "/upwards/made", "/../../escaped", "/a/../b/./c"] {
            // A link to a directory that does not exist inside cannot be made into one.
            let _ = root.make_directory(Path::new(path));
        }
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
        for made in ["made", "escaped", "b/c"] {
            assert!(image.path().join(made).is_dir(), "{made}");
        }
    }

    #[test]
    fn a_mount_target_that_must_not_be_a_link_is_refused() {
        let image = tempfile::tempdir().unwrap();
        std::fs::create_dir(image.path().join("real")).unwrap();
        symlink("real", image.path().join("proc")).unwrap();
        let root = Root::of_directory(image.path()).unwrap();
        let error = root.open_without_links(Path::new("/proc"), OFlags::PATH).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ELOOP));
        assert!(root.open(Path::new("/proc"), OFlags::PATH).is_ok());
    }

    #[test]
    fn a_file_is_made_where_none_is_and_found_where_one_is() {
        let image = tempfile::tempdir().unwrap();
        let root = Root::of_directory(image.path()).unwrap();
        root.make_file(Path::new("/etc/hosts")).unwrap();
        assert!(image.path().join("etc/hosts").is_file());
        root.make_file(Path::new("/etc/hosts")).unwrap();
    }
}
