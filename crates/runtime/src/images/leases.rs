//! Leases: one file a holder, so that a running container keeps its image's layers whatever happens to their names.

use super::{Error, Result, digest::Digest, layout::Layout};
use serde::{Deserialize, Serialize};
use std::{fs, io, path::PathBuf};

/// What a holder holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lease {
    /// The boot in which the container runs: it does not outlive that.
    pub boot: String,
    pub image: Digest,
    /// Diff ids.
    pub layers: Vec<Digest>,
}

/// Writes a holder's lease in place of any that it had.
pub(super) fn write(layout: &Layout, holder: &str, lease: &Lease) -> Result<()> {
    let path = path(layout, holder)?;
    let json = serde_json::to_vec(lease).map_err(|error| Error::corrupted(path.display().to_string(), error))?;
    // Not durable: no container outlives a power failure.
    Layout::write(&path, &json, false)
}

/// Removes a holder's lease, and tells what it was.
pub(super) fn remove(layout: &Layout, holder: &str) -> Result<Option<Lease>> {
    let path = path(layout, holder)?;
    let lease = read(&path)?;
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("removing", &path, error)),
        _ => Ok(lease),
    }
}

/// All leases, with their holders, ordered by holder.
pub(super) fn all(layout: &Layout) -> Result<Vec<(String, Lease)>> {
    let folder = layout.leases();
    let failed = |error| Error::io("reading", &folder, error);
    let mut leases = Vec::new();
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(holder) = entry.file_name().into_string() else { continue };
        if Layout::is_temporary(&holder) {
            continue;
        }
        if let Some(lease) = read(&entry.path())? {
            leases.push((holder, lease));
        }
    }
    leases.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(leases)
}

fn read(path: &PathBuf) -> Result<Option<Lease>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("reading", path, error)),
        // Only a power failure leaves such a file, and the container is gone with it.
        Ok(json) => Ok(serde_json::from_slice(&json).ok()),
    }
}

fn path(layout: &Layout, holder: &str) -> Result<PathBuf> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if holder.is_empty() || holder.starts_with('.') || holder.len() > 200 || !holder.bytes().all(plain) {
        return Err(Error::InvalidHolder { holder: holder.to_owned() });
    }
    Ok(layout.leases().join(holder))
}
