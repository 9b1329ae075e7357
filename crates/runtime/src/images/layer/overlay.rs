//! Looks files up through a stack of layers as overlayfs would show them, without mounting anything.

use crate::images::{Error, Result};
use rustix::{
    fs::{AtFlags, CWD, FileType, Mode, OFlags, fgetxattr, openat, readlinkat, statat},
    io::Errno,
};
use std::{
    collections::VecDeque,
    ffi::{OsStr, OsString},
    fs::File,
    os::{fd::OwnedFd, unix::ffi::OsStringExt},
    path::{Path, PathBuf},
};

const MOST_LINKS: usize = 40;

/// What a stack shows at a path without symbolic links in front of its last component.
enum Seen {
    Nothing,
    Directory,
    Symlink(OsString),
    /// A regular file, opened.
    File(OwnedFd),
    /// A device or the like: nothing to read.
    Other,
}

/// Opens the regular file at `path`; `layers` are bottom to top. `None` if there is none.
pub(in crate::images) fn find(layers: &[PathBuf], path: &Path) -> Result<Option<File>> {
    resolve(layers, path).map_err(|error| Error::io("looking up in the image", path, error))
}

fn resolve(layers: &[PathBuf], path: &Path) -> rustix::io::Result<Option<File>> {
    let mut ahead: VecDeque<OsString> = components(path);
    let mut walked: Vec<OsString> = Vec::new();
    let mut links = 0;
    while let Some(name) = ahead.pop_front() {
        if name == ".." {
            walked.pop();
            continue;
        }
        walked.push(name);
        match look(layers, &walked)? {
            Seen::Directory => {}
            Seen::Symlink(target) => {
                links += 1;
                if links > MOST_LINKS {
                    return Err(Errno::LOOP);
                }
                walked.pop();
                if Path::new(&target).is_absolute() {
                    walked.clear();
                }
                let mut target = components(Path::new(&target));
                target.append(&mut ahead);
                ahead = target;
            }
            Seen::File(file) if ahead.is_empty() => return Ok(Some(File::from(file))),
            Seen::File(_) | Seen::Other | Seen::Nothing => return Ok(None),
        }
    }
    Ok(None)
}

fn components(path: &Path) -> VecDeque<OsString> {
    let names = path.iter().filter(|name| *name != OsStr::new("/") && *name != OsStr::new("."));
    names.map(OsStr::to_owned).collect()
}

/// The topmost layer that has the path decides, unless a layer above it hides the path.
fn look(layers: &[PathBuf], path: &[OsString]) -> rustix::io::Result<Seen> {
    for layer in layers.iter().rev() {
        match look_in_layer(layer, path)? {
            InLayer::Seen(seen) => return Ok(seen),
            InLayer::Hidden => return Ok(Seen::Nothing),
            InLayer::Absent => {}
        }
    }
    Ok(Seen::Nothing)
}

enum InLayer {
    Seen(Seen),
    /// Not here, and lower layers do not count: a whiteout, an opaque directory, or no directory on the way.
    Hidden,
    Absent,
}

fn look_in_layer(layer: &Path, path: &[OsString]) -> rustix::io::Result<InLayer> {
    let directory = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut folder = openat(CWD, layer, directory, Mode::empty())?;
    let mut opaque = is_opaque(&folder);
    let Some((last, way)) = path.split_last() else { return Ok(InLayer::Seen(Seen::Directory)) };
    for name in way {
        match openat(&folder, name, directory, Mode::empty()) {
            Ok(next) => folder = next,
            Err(Errno::NOENT) => return Ok(absent(opaque)),
            Err(Errno::NOTDIR | Errno::LOOP) => return Ok(InLayer::Hidden),
            Err(error) => return Err(error),
        }
        opaque |= is_opaque(&folder);
    }
    let stat = match statat(&folder, last, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => return Ok(absent(opaque)),
        result => result?,
    };
    Ok(InLayer::Seen(match FileType::from_raw_mode(stat.st_mode) {
        FileType::CharacterDevice if stat.st_rdev == 0 => return Ok(InLayer::Hidden),
        FileType::Directory => Seen::Directory,
        FileType::Symlink => Seen::Symlink(OsString::from_vec(readlinkat(&folder, last, Vec::new())?.into_bytes())),
        FileType::RegularFile => {
            Seen::File(openat(&folder, last, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?)
        }
        _ => Seen::Other,
    }))
}

fn absent(opaque: bool) -> InLayer {
    if opaque { InLayer::Hidden } else { InLayer::Absent }
}

fn is_opaque(folder: &OwnedFd) -> bool {
    let mut value = [0; 1];
    fgetxattr(folder, "trusted.overlay.opaque", &mut value).is_ok_and(|_| value == *b"y")
}
