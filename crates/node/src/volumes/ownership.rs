//! Who may use a volume: everyone in the pod, and with `fsGroup` the pod's group, which it then belongs to
//! (`pkg/volume/volume_linux.go`).
//!
//! `fsGroupChangePolicy` has no effect on the volumes that the node makes itself, as Kubernetes documents.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use crate::Error;
use rustix::fs::{AtFlags, CWD, Gid, chownat};
use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

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

/// Gives `path` and everything below it to the group.
pub fn give_to_group(path: &Path, group: u32, access: GroupAccess) -> Result<(), Error> {
    let metadata = fs::symlink_metadata(path).map_err(|error| Error::io("inspect", path, error))?;
    chownat(CWD, path, None, Some(Gid::from_raw(group)), AtFlags::SYMLINK_NOFOLLOW)
        .map_err(|error| Error::io("change the group of", path, error.into()))?;
    if metadata.is_symlink() {
        return Ok(());
    }
    let bits = if metadata.is_dir() { access.directory_bits() } else { access.file_bits() };
    fs::set_permissions(path, fs::Permissions::from_mode((metadata.mode() & 0o7777) | bits))
        .map_err(|error| Error::io("change the mode of", path, error))?;
    if metadata.is_dir() {
        for entry in fs::read_dir(path).map_err(|error| Error::io("list", path, error))?.flatten() {
            give_to_group(&entry.path(), group, access)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
            std::os::unix::fs::symlink("/nonexistent", root.path().join("link")).unwrap();

            give_to_group(root.path(), group, access).unwrap();

            let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
            assert_eq!((mode(&sub), mode(&file)), (directory_mode, file_mode), "{access:?}");
        }
    }
}
