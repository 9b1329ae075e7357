//! The volumes that an image declares (`VOLUME`) and nobody mounts: directories of the container's own, writable also
//! where its root is not.

use super::{
    attach::{attach_mount, clone_mount},
    failure::{Explain, Result},
};
use crate::confined::{Confined, clean};
use oci_spec::runtime::Mount;
use rustix::fs::{AtFlags, StatxFlags};
use std::{
    io,
    os::fd::{AsFd, BorrowedFd},
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
    if !read_only || !is_of_image(root, directory.as_fd())? {
        return Ok(());
    }
    // With what is mounted below it: the copy would hide that.
    attach_mount(clone_mount(directory.as_fd(), true)?.as_fd(), directory.as_fd())
}

/// Where a volume's name led, by a link of the image perhaps: in a mount, whose own it is whether it can be written to
/// (a copy of procfs would lack the masks), or to the root itself, there is no volume to make.
fn is_of_image(root: &Confined, directory: BorrowedFd<'_>) -> io::Result<bool> {
    let (root, directory) = (identity(root.as_fd())?, identity(directory)?);
    Ok(root.0 == directory.0 && root != directory)
}

/// The number of a directory's mount, and its own.
fn identity(directory: BorrowedFd<'_>) -> io::Result<(u64, u64)> {
    let wanted = StatxFlags::MNT_ID | StatxFlags::INO;
    let facts = rustix::fs::statx(directory, c"", AtFlags::EMPTY_PATH, wanted)?;
    if !StatxFlags::from_bits_retain(facts.stx_mask).contains(wanted) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    Ok((facts.stx_mnt_id, facts.stx_ino))
}
