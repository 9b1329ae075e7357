//! Who may use a volume: everyone in the pod, and with `fsGroup` the pod's group, which it then belongs to
//! (`pkg/volume/volume_linux.go`).
//!
//! `fsGroupChangePolicy` has no effect on the volumes that the node makes itself, as Kubernetes documents.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use crate::Error;
use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, OFlags, ResolveFlags, chownat, fstat, openat, openat2};
use std::{
    ffi::OsString,
    fs, io,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::fs::PermissionsExt,
    },
    path::{Path, PathBuf},
};

/// To change what it is, not what is in it: opening it has no effect, and a link stays a link.
const ITSELF: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// What the group may do with files of the volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupAccess {
    /// Of `emptyDir`.
    Write,
    /// Of volumes whose files come from the API.
    Read,
}

impl GroupAccess {
    fn file_bits(self) -> u32 {
        match self {
            Self::Write => 0o660,
            Self::Read => 0o440,
        }
    }

    /// Directories may also be entered and pass the group on.
    fn directory_bits(self) -> u32 {
        self.file_bits() | 0o2110
    }
}

/// Everyone in the pod may use a volume, whatever user its containers run as. (A tmpfs is open to all by itself.)
pub fn open_to_all(path: &Path) -> Result<(), Error> {
    let mode = fs::Permissions::from_mode(0o777);
    fs::set_permissions(path, mode).map_err(|error| Error::io("change the mode of", path, error))
}

/// Gives `path` and everything below it to the group. Each file is opened below the volume and changed by its
/// descriptor, so that nothing outside can be put in its place meanwhile.
pub fn give_to_group(path: &Path, group: u32, access: GroupAccess) -> Result<(), Error> {
    let failed = |below: &Path, error| Error::io("give to the group", &path.join(below), error);
    let volume = openat(CWD, path, ITSELF, Mode::empty()).map_err(|error| failed(Path::new(""), error.into()))?;
    let mut left = vec![PathBuf::from(".")];
    while let Some(below) = left.pop() {
        let names = give(&volume, &below, group, access).map_err(|error| failed(&below, error))?;
        left.extend(names.into_iter().map(|name| below.join(name)));
    }
    Ok(())
}

/// Gives one file of a volume to the group; returns the names of what is in it, if it is a directory.
fn give(volume: &OwnedFd, below: &Path, group: u32, access: GroupAccess) -> io::Result<Vec<OsString>> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
    let file = openat2(volume, below, ITSELF, Mode::empty(), resolve)?;
    let mode = fstat(&file)?.st_mode;
    chownat(&file, c"", None, Some(Gid::from_raw(group)), AtFlags::EMPTY_PATH)?;
    let (bits, is_directory) = match FileType::from_raw_mode(mode) {
        FileType::Symlink => return Ok(Vec::new()),
        FileType::Directory => (access.directory_bits(), true),
        _ => (access.file_bits(), false),
    };
    let by_descriptor = format!("/proc/self/fd/{}", file.as_raw_fd());
    fs::set_permissions(&by_descriptor, fs::Permissions::from_mode((mode & 0o7777) | bits))?;
    if !is_directory {
        return Ok(Vec::new());
    }
    fs::read_dir(by_descriptor)?.map(|entry| Ok(entry?.file_name())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, symlink};

    #[test]
    fn the_group_gets_its_rights_and_directories_pass_the_group_on() {
        for (access, directory_mode, file_mode) in
            [(GroupAccess::Write, 0o2770, 0o664), (GroupAccess::Read, 0o2750, 0o644)]
        {
            let root = tempfile::tempdir().unwrap();
            let group = fs::metadata(root.path()).unwrap().gid();
            let (sub, file) = (root.path().join("sub"), root.path().join("sub/file"));
            fs::create_dir(&sub).unwrap();
            fs::write(&file, "").unwrap();
            fs::set_permissions(&sub, fs::Permissions::from_mode(0o700)).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o604)).unwrap();
            let outside = tempfile::tempdir().unwrap();
            symlink("/nonexistent", root.path().join("link")).unwrap();
            symlink(outside.path(), root.path().join("outside")).unwrap();
            let of_outside = fs::metadata(outside.path()).unwrap().mode();

            give_to_group(root.path(), group, access).unwrap();

            let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
            assert_eq!((mode(&sub), mode(&file)), (directory_mode, file_mode), "{access:?}");
            assert_eq!(fs::metadata(outside.path()).unwrap().mode(), of_outside, "a link is not followed");
        }
    }
}
