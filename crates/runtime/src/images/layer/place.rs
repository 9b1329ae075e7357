//! What is done at a place in a layer's folder.

use crate::confined::Place;
use rustix::{
    fs::{AtFlags, FileType, statat, unlinkat},
    io::{Errno, Result},
};
use std::{
    os::fd::AsRawFd,
    path::{Path, PathBuf},
};

/// What [`clear`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    Nothing,
    Directory,
    Whiteout,
    Other,
}

/// Removes what is there, except, if `keep_directory`, a directory.
pub(super) fn clear(place: &Place, keep_directory: bool) -> Result<Before> {
    let stat = match statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => return Ok(Before::Nothing),
        result => result?,
    };
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory if keep_directory => return Ok(Before::Directory),
        FileType::Directory => {
            let removed = crate::remove_directory(&path(place));
            removed.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
            return Ok(Before::Directory);
        }
        _ => unlinkat(&place.folder, &place.name, AtFlags::empty())?,
    }
    let whiteout = FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice && stat.st_rdev == 0;
    Ok(if whiteout { Before::Whiteout } else { Before::Other })
}

/// Whether a directory is there.
pub(super) fn is_directory(place: &Place) -> bool {
    let stat = statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW);
    stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
}

/// A path for calls that take no descriptor; its last component is not to be followed.
pub(super) fn path(place: &Place) -> PathBuf {
    Path::new("/proc/self/fd").join(place.folder.as_raw_fd().to_string()).join(&place.name)
}
