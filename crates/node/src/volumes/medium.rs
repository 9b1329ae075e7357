//! What volumes lie on: a folder in the pod's folder, or memory.
//!
//! A volume is made at once or not at all, and left as it is from then on: containers may be at work in it
//! (`SetUpAt` of `pkg/volume/emptydir/empty_dir.go`).

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use super::ownership::{GroupAccess, give_to_group, open_to_all};
use crate::Error;
use rustix::mount::{MountFlags, mount};
use std::{ffi::CString, fs, io, os::unix::fs::MetadataExt, path::Path};

/// Where a volume lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    Disk,
    /// So many bytes of memory at most; without a size half of the machine's.
    Memory(Option<u64>),
}

impl Medium {
    /// Makes the volume at `path`, for everyone in the pod to write to, and belonging to this group.
    pub fn make(self, path: &Path, group: Option<u32>) -> Result<(), Error> {
        match self {
            Self::Disk if path.exists() => Ok(()),
            Self::Disk => make_on_disk(path, group),
            // A reboot takes the memory away and leaves the folder that it was mounted on.
            Self::Memory(_) if is_mounted(path).map_err(|error| Error::io("inspect", path, error))? => Ok(()),
            Self::Memory(size) => make_in_memory(path, size, group),
        }
    }
}

/// Under a name that no volume has until it is complete.
fn make_on_disk(path: &Path, group: Option<u32>) -> Result<(), Error> {
    let new = path.with_extension("new");
    fs::create_dir_all(&new).map_err(|error| Error::io("create", &new, error))?;
    open_to_all(&new)?;
    if let Some(group) = group {
        give_to_group(&new, group, GroupAccess::Write)?;
    }
    fs::rename(&new, path).map_err(|error| Error::io("create", path, error))
}

fn make_in_memory(path: &Path, size: Option<u64>, group: Option<u32>) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(|error| Error::io("create", path, error))?;
    let options = CString::new(tmpfs_options(size, group)).unwrap_or_default();
    mount("tmpfs", path, "tmpfs", MountFlags::empty(), &*options)
        .map_err(|error| Error::io("mount a tmpfs at", path, error.into()))
}

/// tmpfs(5). It is open to all by itself.
fn tmpfs_options(size: Option<u64>, group: Option<u32>) -> String {
    let size = size.map(|size| format!("size={size}"));
    let group = group.map(|group| format!("mode=3777,gid={group}"));
    size.into_iter().chain(group).collect::<Vec<_>>().join(",")
}

/// Whether `path` is on another file system than its parent.
fn is_mounted(path: &Path) -> io::Result<bool> {
    let parent = path.parent().unwrap_or(path);
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(found.dev() != fs::symlink_metadata(parent)?.dev()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volumes::unmount;
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};

    /// Unmounts what a test has mounted, also when it fails.
    struct Folder(tempfile::TempDir);

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = unmount::remove(self.0.path());
        }
    }

    fn mode_and_group(path: &Path) -> (u32, u32) {
        let metadata = fs::metadata(path).unwrap();
        (metadata.mode() & 0o7777, metadata.gid())
    }

    #[test]
    fn a_volume_is_made_once_and_open_to_all() {
        for (medium, group, expected) in [
            (Medium::Disk, None, (0o777, 0)),
            (Medium::Disk, Some(1234), (0o2777, 1234)),
            (Medium::Memory(None), None, (0o1777, 0)),
            (Medium::Memory(Some(1 << 20)), Some(1234), (0o3777, 1234)),
        ] {
            let folder = Folder(tempfile::tempdir().unwrap());
            let path = folder.0.path().join("volumes/cache");
            medium.make(&path, group).unwrap();
            assert_eq!(mode_and_group(&path), expected, "{medium:?}");
            fs::write(path.join("kept"), "").unwrap();
            fs::set_permissions(path.join("kept"), Permissions::from_mode(0o600)).unwrap();
            medium.make(&path, group).unwrap();
            assert_eq!(mode_and_group(&path.join("kept")).0, 0o600, "{medium:?}");
        }
    }

    #[test]
    fn a_folder_that_nothing_is_mounted_on_is_no_volume_in_memory() {
        let folder = Folder(tempfile::tempdir().unwrap());
        let path = folder.0.path().join("secret");
        fs::create_dir(&path).unwrap();
        Medium::Memory(None).make(&path, None).unwrap();
        assert!(is_mounted(&path).unwrap());
        unmount::remove(&path).unwrap();
        assert!(!path.exists());
    }
}
