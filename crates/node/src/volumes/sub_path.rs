//! `subPath`: a part of a volume, reached without following symbolic links out of it, and bound to a place of its own so
//! that nothing can be exchanged between the look and the mount (CVE-2017-1002101, CVE-2021-25741).

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use crate::{Error, container::mounts::SubPath};
use rustix::{
    fs::{FileType, Mode, OFlags, ResolveFlags, fchmod, fstat, mkdirat, openat, openat2},
    io::Errno,
    mount::mount_bind,
};
use std::{
    fs,
    os::fd::{AsFd, AsRawFd, OwnedFd},
    path::{Component, Path, PathBuf},
};

/// Makes the sub-path if it is missing, and binds it to `target`.
pub fn set_up(sub_path: &SubPath, target: &Path) -> Result<PathBuf, Error> {
    let failed = |error: Errno| Error::io("reach the sub-path", &sub_path.volume.join(&sub_path.path), error.into());
    let volume = rustix::fs::open(&sub_path.volume, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).map_err(failed)?;
    let found = reach(&volume, &sub_path.path).map_err(failed)?;
    make_target(&found, target)?;
    let source = format!("/proc/self/fd/{}", found.as_raw_fd());
    mount_bind(&source, target).map_err(|error| Error::io("mount", target, error.into()))?;
    Ok(target.to_owned())
}

/// What lies below a volume at this path; folders are made if there is nothing.
pub fn reach(volume: &OwnedFd, path: &Path) -> Result<OwnedFd, Errno> {
    match beneath(volume, path) {
        Err(Errno::NOENT) => make(volume, path),
        other => other,
    }
}

fn beneath(volume: impl AsFd, path: &Path) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    openat2(volume, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), resolve)
}

/// Makes the folders of a path, one below the other; what is there already must be below the volume. Each gets the
/// volume's own mode, whatever the umask: whoever may write to the volume may write there (`doSafeMakeDir` in
/// `pkg/volume/util/subpath/subpath_linux.go`).
fn make(volume: &OwnedFd, path: &Path) -> Result<OwnedFd, Errno> {
    let mode = Mode::from_raw_mode(fstat(volume)?.st_mode);
    let mut so_far = PathBuf::new();
    let mut parent = beneath(volume, Path::new("."))?;
    for part in path.components().filter(|part| matches!(part, Component::Normal(_))) {
        so_far.push(part);
        parent = match mkdirat(&parent, part.as_os_str(), mode) {
            Ok(()) => open_made(&parent, Path::new(part.as_os_str()), mode)?,
            Err(Errno::EXIST) => beneath(volume, &so_far)?,
            Err(error) => return Err(error),
        };
    }
    Ok(parent)
}

/// Nothing but the folder just made counts, should somebody have put a link in its place.
fn open_made(parent: &OwnedFd, name: &Path, mode: Mode) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = openat(parent, name, flags, Mode::empty())?;
    fchmod(&folder, mode)?;
    Ok(folder)
}

/// A mount needs something of the same sort to lie on.
fn make_target(found: &OwnedFd, target: &Path) -> Result<(), Error> {
    let failed = |error| Error::io("create", target, error);
    let is_folder = fstat(found)
        .map(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
        .map_err(|error| failed(error.into()))?;
    if is_folder {
        return fs::create_dir_all(target).map_err(failed);
    }
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    fs::write(target, "").map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn open(root: &Path) -> OwnedFd {
        rustix::fs::open(root, OFlags::PATH, Mode::empty()).unwrap()
    }

    #[test]
    fn missing_folders_are_made_inside_with_the_volumes_mode() {
        for mode in [0o777, 0o750, 0o2770] {
            let root = tempfile::tempdir().unwrap();
            fs::set_permissions(root.path(), fs::Permissions::from_mode(mode)).unwrap();
            fs::create_dir(root.path().join("there")).unwrap();
            fs::set_permissions(root.path().join("there"), fs::Permissions::from_mode(0o700)).unwrap();
            reach(&open(root.path()), Path::new("there/a/b")).unwrap();
            let modes = ["there", "there/a", "there/a/b"]
                .map(|path| fs::metadata(root.path().join(path)).unwrap().permissions().mode() & 0o7777);
            assert_eq!(modes, [0o700, mode, mode]);
        }
    }

    #[test]
    fn links_out_of_the_volume_lead_nowhere() {
        let root = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        symlink(outside.path(), root.path().join("out")).unwrap();
        symlink("in", root.path().join("inside")).unwrap();
        fs::create_dir(root.path().join("in")).unwrap();
        let volume = open(root.path());
        assert_eq!(reach(&volume, Path::new("out")).unwrap_err(), Errno::XDEV);
        assert!(reach(&volume, Path::new("out/made")).is_err());
        assert!(!outside.path().join("made").exists());
        assert!(reach(&volume, Path::new("inside")).is_ok());
    }
}
