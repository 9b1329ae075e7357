//! emptyDir volumes: a folder in the pod's folder, or a tmpfs (`pkg/volume/emptydir`).

use crate::{
    Error, blocking,
    container::VolumeOnNode,
    volumes::{
        ownership::{GroupAccess, give_to_group},
        plugin::{Plugin, Request},
        tmpfs::mount_tmpfs,
    },
};
use api::quantity::Quantity;
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::EmptyDirVolumeSource;
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

/// Everyone in the pod may use the volume, whatever user its containers run as.
const MODE: u32 = 0o777;

impl Plugin for EmptyDirVolumeSource {
    fn name(&self) -> &'static str {
        "empty-dir"
    }

    fn set_up<'a>(&'a self, request: &'a Request<'a>) -> BoxFuture<'a, Result<VolumeOnNode, Error>> {
        let (source, path, group) = (self.clone(), request.path(self), request.fs_group());
        let make = move || {
            make(&source, &path)?;
            if let Some(group) = group {
                give_to_group(&path, group, GroupAccess::Write)?;
            }
            Ok(VolumeOnNode { path, read_only: false })
        };
        blocking::run(make).boxed()
    }
}

/// Makes the volume at `path`; one that is there is left as it is.
fn make(source: &EmptyDirVolumeSource, path: &Path) -> Result<(), Error> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_volume_is_open_to_all_and_made_once() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("volumes/cache");
        make(&EmptyDirVolumeSource::default(), &path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, MODE);
        fs::write(path.join("kept"), "").unwrap();
        make(&EmptyDirVolumeSource::default(), &path).unwrap();
        assert!(path.join("kept").exists());
    }

    #[test]
    fn an_unknown_medium_leaves_nothing_behind() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("cache");
        let source = EmptyDirVolumeSource { medium: Some("HugePages".to_owned()), ..EmptyDirVolumeSource::default() };
        assert_eq!(make(&source, &path).unwrap_err().to_string(), "unknown storage medium \"HugePages\"");
        assert!(!path.exists());
    }
}
