//! The volumes that an image declares (`VOLUME`) and nobody mounts: directories of the container's own, writable also
//! where its root is not.

use super::{
    attach::{attach_mount, clone_mount},
    failure::{Explain, Result},
};
use crate::confined::{Confined, clean};
use oci_spec::runtime::Mount;
use std::{
    io,
    os::fd::AsFd,
    path::{Path, PathBuf},
};

pub fn make(root: &Confined, volumes: &[PathBuf], mounts: &[Mount], read_only: bool) -> Result<()> {
    let is_mounted = |volume: &Path| mounts.iter().any(|mount| clean(mount.destination()) == clean(volume));
    volumes
        .iter()
        .filter(|volume| !is_mounted(volume))
        .try_for_each(|volume| make_one(root, volume, read_only).explain(|| failed(volume)))
}

fn failed(volume: &Path) -> String {
    format!("make the image's volume {}", volume.display())
}

/// A path that leads out of the image leads back to its root (CVE-2022-23648).
fn make_one(root: &Confined, volume: &Path, read_only: bool) -> io::Result<()> {
    let directory = root.make_directory(volume)?;
    if !read_only || clean(volume).as_os_str().is_empty() {
        return Ok(());
    }
    attach_mount(clone_mount(directory.as_fd(), false)?.as_fd(), directory.as_fd())
}
