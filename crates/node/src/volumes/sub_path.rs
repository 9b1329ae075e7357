//! `subPath`: a part of a volume, reached without following symbolic links out of it, and bound to a place of its own so
//! that nothing can be exchanged between the look and the mount (CVE-2017-1002101, CVE-2021-25741).

use crate::{Error, container::mounts::SubPath};
use rustix::{
    fs::{Mode, OFlags, ResolveFlags, mkdirat, openat, openat2},
    io::Errno,
    mount::mount_bind,
};
use std::{
    fs,
    os::fd::{AsFd, AsRawFd, OwnedFd},
    path::{Component, Path, PathBuf},
};

/// The mode of folders that are made because a sub-path names them; the volume's own mode counts before it.
const MODE: u32 = 0o750;

/// Makes the sub-path if it is missing, and binds it to `target`.
pub fn set_up(sub_path: &SubPath, target: &Path) -> Result<PathBuf, Error> {
    let failed = |error: Errno| Error::io("reach the sub-path", &sub_path.volume.join(&sub_path.path), error.into());
    let volume = rustix::fs::open(&sub_path.volume, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).map_err(failed)?;
    let found = match beneath(&volume, &sub_path.path) {
        Err(Errno::NOENT) => make(&volume, &sub_path.path).and_then(|()| beneath(&volume, &sub_path.path)),
        other => other,
    };
    let found = found.map_err(failed)?;
    make_target(&found, target)?;
    let source = format!("/proc/self/fd/{}", found.as_raw_fd());
    mount_bind(&source, target).map_err(|error| Error::io("mount", target, error.into()))?;
    Ok(target.to_owned())
}

fn beneath(volume: impl AsFd, path: &Path) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    openat2(volume, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), resolve)
}

/// Makes the folders of a path, one below the other; what is there must be below the volume.
fn make(volume: &OwnedFd, path: &Path) -> Result<(), Errno> {
    let mut so_far = PathBuf::new();
    for part in path.components().filter(|part| matches!(part, Component::Normal(_))) {
        let parent = if so_far.as_os_str().is_empty() {
            openat(volume, ".", OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?
        } else {
            beneath(volume, &so_far)?
        };
        match mkdirat(parent, part.as_os_str(), Mode::from_raw_mode(MODE)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error),
        }
        so_far.push(part);
    }
    Ok(())
}

/// A mount needs something of the same sort to lie on.
fn make_target(found: &OwnedFd, target: &Path) -> Result<(), Error> {
    let failed = |error| Error::io("create", target, error);
    let is_folder = rustix::fs::fstat(found)
        .map(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::Directory)
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
    use std::os::unix::fs::symlink;

    fn open(root: &Path) -> OwnedFd {
        rustix::fs::open(root, OFlags::PATH, Mode::empty()).unwrap()
    }

    #[test]
    fn missing_folders_are_made_inside() {
        let root = tempfile::tempdir().unwrap();
        let volume = open(root.path());
        make(&volume, Path::new("a/b")).unwrap();
        assert!(root.path().join("a/b").is_dir());
        assert!(beneath(&volume, Path::new("a/b")).is_ok());
    }

    #[test]
    fn links_out_of_the_volume_lead_nowhere() {
        let root = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        symlink(outside.path(), root.path().join("out")).unwrap();
        symlink("in", root.path().join("inside")).unwrap();
        fs::create_dir(root.path().join("in")).unwrap();
        let volume = open(root.path());
        assert_eq!(beneath(&volume, Path::new("out")).unwrap_err(), Errno::XDEV);
        assert!(make(&volume, Path::new("out/made")).is_err());
        assert!(!outside.path().join("made").exists());
        assert!(beneath(&volume, Path::new("inside")).is_ok());
    }
}
