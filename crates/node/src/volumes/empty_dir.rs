//! emptyDir volumes: a folder in the pod's folder, or a tmpfs (pkg/volume/emptydir).

use crate::Error;
use api::quantity::Quantity;
use k8s_openapi::api::core::v1::EmptyDirVolumeSource;
use rustix::mount::{MountFlags, mount};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

/// Everyone in the pod may use the volume, whatever user its containers run as.
const MODE: u32 = 0o777;

/// Makes the volume at `path`; one that is there is left as it is.
pub fn set_up(source: &EmptyDirVolumeSource, path: &Path) -> Result<(), Error> {
    if path.exists() {
        return Ok(());
    }
    fs::create_dir_all(path).map_err(|error| Error::io("create", path, error))?;
    let mounted = match source.medium.as_deref().unwrap_or_default() {
        "" => Ok(()),
        "Memory" => mount_tmpfs(path, size_limit(source)),
        medium => Err(Error::Medium(medium.to_owned())),
    };
    let made = mounted.and_then(|()| {
        fs::set_permissions(path, fs::Permissions::from_mode(MODE))
            .map_err(|error| Error::io("change the mode of", path, error))
    });
    if made.is_err() {
        // The next attempt must not take a half-made volume for a finished one.
        let _ = fs::remove_dir(path);
    }
    made
}

/// The limit in bytes; without one the tmpfs may take what the kernel allows.
fn size_limit(source: &EmptyDirVolumeSource) -> Option<u64> {
    let limit: Quantity = source.size_limit.as_ref()?.0.parse().ok()?;
    u64::try_from(limit.value()).ok().filter(|bytes| *bytes > 0)
}

/// Mounts a tmpfs, at most `size` bytes large.
pub fn mount_tmpfs(path: &Path, size: Option<u64>) -> Result<(), Error> {
    let options = size.map(|size| format!("size={size}")).unwrap_or_default();
    let options = std::ffi::CString::new(options).unwrap_or_default();
    mount("tmpfs", path, "tmpfs", MountFlags::empty(), &*options)
        .map_err(|error| Error::io("mount a tmpfs at", path, error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_volume_is_open_to_all_and_made_once() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("volumes/cache");
        set_up(&EmptyDirVolumeSource::default(), &path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, MODE);
        fs::write(path.join("kept"), "").unwrap();
        set_up(&EmptyDirVolumeSource::default(), &path).unwrap();
        assert!(path.join("kept").exists());
    }

    #[test]
    fn an_unknown_medium_leaves_nothing_behind() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("cache");
        let source = EmptyDirVolumeSource { medium: Some("HugePages".to_owned()), ..EmptyDirVolumeSource::default() };
        assert_eq!(set_up(&source, &path).unwrap_err().to_string(), "unknown storage medium \"HugePages\"");
        assert!(!path.exists());
    }
}
