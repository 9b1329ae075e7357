//! `fsGroup`: a volume that belongs to the pod's group (`pkg/volume/volume_linux.go`).

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Gid, chownat};

use crate::Error;

/// Group may read and write files; directories may also be entered and pass the group on.
const FILE_BITS: u32 = 0o660;
const DIRECTORY_BITS: u32 = 0o2770;

/// Gives everything below `root` to the group. With `only_on_mismatch` a root that is right already speaks for all
/// that is below it (`fsGroupChangePolicy: OnRootMismatch`).
pub fn give_to_group(root: &Path, group: u32, only_on_mismatch: bool) -> Result<(), Error> {
    let metadata = fs::symlink_metadata(root).map_err(|error| Error::io("inspect", root, error))?;
    let right = metadata.gid() == group && metadata.mode() & DIRECTORY_BITS == DIRECTORY_BITS;
    if only_on_mismatch && right {
        return Ok(());
    }
    give(root, group)
}

fn give(path: &Path, group: u32) -> Result<(), Error> {
    let metadata = fs::symlink_metadata(path).map_err(|error| Error::io("inspect", path, error))?;
    chownat(CWD, path, None, Some(Gid::from_raw(group)), AtFlags::SYMLINK_NOFOLLOW)
        .map_err(|error| Error::io("change the group of", path, error.into()))?;
    if metadata.is_symlink() {
        return Ok(());
    }
    let bits = if metadata.is_dir() { DIRECTORY_BITS } else { FILE_BITS };
    fs::set_permissions(path, fs::Permissions::from_mode((metadata.mode() & 0o7777) | bits))
        .map_err(|error| Error::io("change the mode of", path, error))?;
    if metadata.is_dir() {
        for entry in fs::read_dir(path).map_err(|error| Error::io("list", path, error))?.flatten() {
            give(&entry.path(), group)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_become_writable_and_directories_pass_the_group_on() {
        let root = tempfile::tempdir().unwrap();
        let group = fs::metadata(root.path()).unwrap().gid();
        fs::create_dir(root.path().join("sub")).unwrap();
        fs::write(root.path().join("sub/file"), "").unwrap();
        fs::set_permissions(root.path().join("sub/file"), fs::Permissions::from_mode(0o604)).unwrap();
        std::os::unix::fs::symlink("/nonexistent", root.path().join("link")).unwrap();

        give_to_group(root.path(), group, false).unwrap();

        let mode = |path: &str| fs::metadata(root.path().join(path)).unwrap().mode() & 0o7777;
        assert_eq!(mode("sub") & DIRECTORY_BITS, DIRECTORY_BITS);
        assert_eq!(mode("sub/file"), 0o664);
    }

    #[test]
    fn a_root_that_is_right_speaks_for_the_rest() {
        let root = tempfile::tempdir().unwrap();
        let group = fs::metadata(root.path()).unwrap().gid();
        give_to_group(root.path(), group, true).unwrap();
        let file = root.path().join("late");
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        give_to_group(root.path(), group, true).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    }
}
