//! Volumes in memory.

use crate::Error;
use rustix::mount::{MountFlags, mount};
use std::path::Path;

/// Mounts a tmpfs, at most `size` bytes large (tmpfs(5)); without a size it may take half of the machine's memory.
pub fn mount_tmpfs(path: &Path, size: Option<u64>) -> Result<(), Error> {
    let options = size.map(|size| format!("size={size}")).unwrap_or_default();
    let options = std::ffi::CString::new(options).unwrap_or_default();
    mount("tmpfs", path, "tmpfs", MountFlags::empty(), &*options)
        .map_err(|error| Error::io("mount a tmpfs at", path, error.into()))
}
