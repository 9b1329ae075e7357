//! Volumes whose files are made from objects of the API: config maps, secrets, tokens, the pod itself.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use super::{
    atomic_writer,
    ownership::{GroupAccess, give_to_group, open_to_all},
    payload::Payload,
    plugin::{Plugin, Request},
    tmpfs::mount_tmpfs,
};
use crate::{Error, blocking, container::VolumeOnNode};
use std::{fs, path::Path};

/// Where the files lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    Disk,
    Memory,
}

/// Brings the volume to these files, all at once.
pub async fn write(
    request: &Request<'_>,
    plugin: &impl Plugin,
    medium: Medium,
    payload: Payload<'_>,
) -> Result<VolumeOnNode, Error> {
    let (path, group, files) = (request.path(plugin), request.fs_group(), payload.into_files());
    let stamp = request.clock.now().strftime("%Y_%m_%d_%H_%M_%S.%9f").to_string();
    let write = move || {
        make(&path, medium)?;
        atomic_writer::write(&path, &files, &stamp)?;
        if let Some(group) = group {
            give_to_group(&path, group, GroupAccess::Read)?;
        }
        Ok(VolumeOnNode { path, read_only: true })
    };
    blocking::run(write).await
}

/// The volume's folder; what holds secrets is in memory only.
fn make(path: &Path, medium: Medium) -> Result<(), Error> {
    if path.exists() {
        return Ok(());
    }
    fs::create_dir_all(path).map_err(|error| Error::io("create", path, error))?;
    let made = match medium {
        Medium::Disk => open_to_all(path),
        Medium::Memory => mount_tmpfs(path, None),
    };
    if made.is_err() {
        // The next attempt must not take a half-made volume for a finished one.
        let _ = fs::remove_dir(path);
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_folder_of_files_is_open_to_all() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("config");
        make(&path, Medium::Disk).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o777);
    }
}
