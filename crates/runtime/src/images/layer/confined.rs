//! Paths within a layer's folder: whatever an archive says, what it makes stays inside (openat2(2), `RESOLVE_IN_ROOT`).

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, mkdirat, openat2, readlinkat, statat, unlinkat},
    io::{Errno, Result},
};
use std::{
    ffi::{OsStr, OsString},
    fs,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::ffi::OsStringExt,
    },
    path::{Component, Path, PathBuf},
};

/// Symbolic links that one path may lead through, as many as the kernel follows.
const MOST_LINKS: usize = 40;

/// The folder that nothing leaves.
pub(super) struct Root(OwnedFd);

/// Where a file is or shall be: an open folder and a name in it that is never followed.
pub(super) struct Place {
    pub folder: OwnedFd,
    pub name: OsString,
}

/// What `Place::clear` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    Nothing,
    Directory,
    Whiteout,
    Other,
}

impl Root {
    pub fn open(folder: &Path) -> Result<Self> {
        Ok(Self(rustix::fs::open(folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?))
    }

    /// The place of a path whose folder must be there.
    pub fn find(&self, path: &Path) -> Result<Place> {
        self.place(path, Self::folder)
    }

    /// The place of a path; folders on the way that are missing are made, as root's and with mode 0755.
    pub fn make_way(&self, path: &Path) -> Result<Place> {
        self.place(path, |root, folder| root.make_folder(folder, 0))
    }

    fn place(&self, path: &Path, open: impl Fn(&Self, &Path) -> Result<OwnedFd>) -> Result<Place> {
        let path = clean(path);
        let name = path.file_name().unwrap_or(OsStr::new(".")).to_owned();
        Ok(Place { folder: open(self, path.parent().unwrap_or(Path::new("")))?, name })
    }

    /// Opens a folder; symbolic links are followed as if the layer were the root of the file system.
    pub fn folder(&self, path: &Path) -> Result<OwnedFd> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        loop {
            match openat2(&self.0, path, flags, Mode::empty(), resolve) {
                // Another process renamed something on the machine meanwhile; the kernel wants us to ask again.
                Err(Errno::AGAIN | Errno::INTR) => {}
                result => return result,
            }
        }
    }

    fn make_folder(&self, path: &Path, links: usize) -> Result<OwnedFd> {
        match self.folder(path) {
            Err(Errno::NOENT) => {}
            result => return result,
        }
        if links > MOST_LINKS {
            return Err(Errno::LOOP);
        }
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Err(Errno::NOENT) };
        let folder = self.make_folder(parent, links + 1)?;
        match mkdirat(&folder, name, Mode::from_raw_mode(0o755)) {
            Ok(()) => self.folder(path),
            // There is something, but it leads nowhere: a symbolic link whose target is still to be made.
            Err(Errno::EXIST) => {
                let target = readlinkat(&folder, name, Vec::new())?.into_bytes();
                self.make_folder(&clean(&parent.join(OsString::from_vec(target))), links + 1)?;
                self.folder(path)
            }
            Err(error) => Err(error),
        }
    }
}

impl Place {
    /// Removes what is there, except, if `keep_directory`, a directory.
    pub fn clear(&self, keep_directory: bool) -> Result<Before> {
        let stat = match statat(&self.folder, &self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(Before::Nothing),
            result => result?,
        };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory if keep_directory => return Ok(Before::Directory),
            FileType::Directory => {
                fs::remove_dir_all(self.path()).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
                return Ok(Before::Directory);
            }
            _ => unlinkat(&self.folder, &self.name, AtFlags::empty())?,
        }
        let whiteout = FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice && stat.st_rdev == 0;
        Ok(if whiteout { Before::Whiteout } else { Before::Other })
    }

    /// The folder as a place of its own.
    pub fn folder_itself(self) -> Self {
        Self { name: ".".into(), ..self }
    }

    /// Whether a directory is there.
    pub fn is_directory(&self) -> bool {
        let stat = statat(&self.folder, &self.name, AtFlags::SYMLINK_NOFOLLOW);
        stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
    }

    /// A path for calls that take no descriptor; its last component is not to be followed.
    pub fn path(&self) -> PathBuf {
        Path::new("/proc/self/fd").join(self.folder.as_raw_fd().to_string()).join(&self.name)
    }
}

/// A path relative to the root, without `.`, `..` and doubled slashes; `..` at the root stays there.
pub(in crate::images) fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => cleaned.push(name),
            Component::ParentDir => {
                cleaned.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
        }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_root() {
        let table = [
            ("a/b", "a/b"),
            ("./a//b/", "a/b"),
            ("/etc/passwd", "etc/passwd"),
            ("../../x", "x"),
            ("a/../../../x", "x"),
            ("a/./b/../c", "a/c"),
            (".", ""),
            ("/", ""),
            ("..", ""),
        ];
        for (path, expected) in table {
            assert_eq!(clean(Path::new(path)), Path::new(expected), "{path}");
        }
    }
}
