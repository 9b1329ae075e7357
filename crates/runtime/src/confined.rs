//! Names below a directory that are somebody else's to choose: an image's, a volume's, an archive's. Whatever they say,
//! what is opened or made is inside, as if the directory were the root of the file system (`openat2(2)`,
//! `RESOLVE_IN_ROOT`), and what is done is done to the descriptor, not to the name again.

use rustix::{
    fs::{Mode, OFlags, ResolveFlags, mkdirat, openat, openat2, readlinkat},
    io::Errno,
};
use std::{
    ffi::{OsStr, OsString},
    io,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::ffi::OsStringExt,
    },
    path::{Component, Path, PathBuf},
};

/// Symbolic links that one path may lead through, as many as the kernel follows.
const MOST_LINKS: usize = 40;
const DIRECTORY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY);
const NEW_DIRECTORY: Mode = Mode::from_raw_mode(0o755);
const NEW_FILE: Mode = Mode::from_raw_mode(0o644);

/// A directory that no path leads out of.
pub struct Confined(OwnedFd);

/// Where a file is or shall be: an open folder and a name in it that is never followed.
pub struct Place {
    pub folder: OwnedFd,
    pub name: OsString,
}

/// A directory, and the path that leads to it without links.
struct Reached {
    directory: OwnedFd,
    path: PathBuf,
}

/// What to do where a path leads to nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    Fail,
    /// Make a directory, as root's and with mode 0755.
    Make,
}

impl Confined {
    pub fn open(directory: &Path) -> io::Result<Self> {
        Ok(Self(rustix::fs::open(directory, DIRECTORY | OFlags::CLOEXEC, Mode::empty())?))
    }

    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// Opens what a path means, following links inside.
    pub fn find(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        self.resolve(path, flags, ResolveFlags::empty())
    }

    /// As [`Self::find`], but no part of the path may be a link.
    pub fn find_without_links(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        self.resolve(path, flags, ResolveFlags::NO_SYMLINKS)
    }

    /// Opens a directory that must be there, however long its path is.
    pub fn directory(&self, path: &Path) -> io::Result<OwnedFd> {
        self.reach(path, Missing::Fail)
    }

    /// Opens a directory, made with its ancestors where missing; a link that leads nowhere gets its target.
    pub fn make_directory(&self, path: &Path) -> io::Result<OwnedFd> {
        self.reach(path, Missing::Make)
    }

    /// The path of a directory that must be there, without links.
    pub fn resolved(&self, path: &Path) -> io::Result<PathBuf> {
        self.walk(path, Missing::Fail).map(|reached| reached.path)
    }

    /// Opens a file or whatever is there, or a new empty file; a link that leads nowhere gets its target.
    pub fn make_file(&self, path: &Path) -> io::Result<OwnedFd> {
        let mut path = clean(path);
        for _ in 0..=MOST_LINKS {
            match self.find(&path, OFlags::PATH) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => return result,
            }
            let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
            let parent = self.walk(path.parent().unwrap_or(Path::new("")), Missing::Make)?;
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            match openat(&parent.directory, &name, flags, NEW_FILE) {
                Ok(_) => {}
                Err(Errno::EXIST) => {
                    if let Some(target) = link(&parent.directory, &name)? {
                        path = clean(&parent.path.join(target));
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Errno::LOOP.into())
    }

    /// The place of a path whose folder must be there.
    pub fn place(&self, path: &Path) -> io::Result<Place> {
        self.place_in(path, Missing::Fail)
    }

    /// The place of a path, with the folders on the way made where missing.
    pub fn make_way(&self, path: &Path) -> io::Result<Place> {
        self.place_in(path, Missing::Make)
    }

    fn place_in(&self, path: &Path, missing: Missing) -> io::Result<Place> {
        let path = clean(path);
        let name = path.file_name().unwrap_or(OsStr::new(".")).to_owned();
        Ok(Place { folder: self.reach(path.parent().unwrap_or(Path::new("")), missing)?, name })
    }

    fn reach(&self, path: &Path, missing: Missing) -> io::Result<OwnedFd> {
        match self.find(path, DIRECTORY) {
            Err(error) if leads_nowhere(&error, missing) => self.walk(path, missing).map(|reached| reached.directory),
            result => result,
        }
    }

    fn resolve(&self, path: &Path, flags: OFlags, resolve: ResolveFlags) -> io::Result<OwnedFd> {
        let path = clean(path);
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { &path };
        let resolve = resolve | ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        // EAGAIN: something was renamed during the look-up, and the kernel could not prove that we stayed inside.
        for _ in 0..128 {
            match openat2(&self.0, path, flags | OFlags::CLOEXEC, Mode::empty(), resolve) {
                Err(Errno::AGAIN | Errno::INTR) => {}
                result => return Ok(result?),
            }
        }
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// Goes name by name, reading links instead of following them.
    fn walk(&self, path: &Path, missing: Missing) -> io::Result<Reached> {
        let mut at = Reached { directory: self.find(Path::new(""), DIRECTORY)?, path: PathBuf::new() };
        let mut ahead = names(&clean(path));
        let mut links = 0;
        while let Some(name) = ahead.pop() {
            if name == ".." {
                at.path.pop();
                at.directory = self.find_without_links(&at.path, DIRECTORY)?;
                continue;
            }
            match step(&at.directory, &name, missing) {
                Ok(directory) => at = Reached { directory, path: at.path.join(name) },
                Err(Errno::NOTDIR | Errno::LOOP) => {
                    links += 1;
                    let target = link(&at.directory, &name)?.ok_or(Errno::NOTDIR)?;
                    if links > MOST_LINKS {
                        return Err(Errno::LOOP.into());
                    }
                    if target.is_absolute() {
                        at = Reached { directory: self.find(Path::new(""), DIRECTORY)?, path: PathBuf::new() };
                    }
                    ahead.append(&mut names(&target));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(at)
    }
}

fn leads_nowhere(error: &io::Error, missing: Missing) -> bool {
    let is_too_long = error.raw_os_error() == Some(Errno::NAMETOOLONG.raw_os_error());
    is_too_long || missing == Missing::Make && error.kind() == io::ErrorKind::NotFound
}

/// Opens a directory that is no link.
fn step(folder: &OwnedFd, name: &OsStr, missing: Missing) -> rustix::io::Result<OwnedFd> {
    let open = || openat(folder, name, DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty());
    match open() {
        Err(Errno::NOENT) if missing == Missing::Make => match mkdirat(folder, name, NEW_DIRECTORY) {
            Ok(()) | Err(Errno::EXIST) => open(),
            Err(error) => Err(error),
        },
        result => result,
    }
}

/// Where a link leads; `None` for what is no link.
fn link(folder: &OwnedFd, name: &OsStr) -> rustix::io::Result<Option<PathBuf>> {
    match readlinkat(folder, name, Vec::new()) {
        Ok(target) => Ok(Some(PathBuf::from(OsString::from_vec(target.into_bytes())))),
        Err(Errno::INVAL | Errno::NOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The names of a path, the last one first.
fn names(path: &Path) -> Vec<OsString> {
    let names = path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    let mut names: Vec<OsString> = names.collect();
    names.reverse();
    names
}

/// A path relative to the root, without `.`, `..` and doubled slashes; `..` at the root stays there.
pub fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => cleaned.push(name),
            Component::ParentDir => _ = cleaned.pop(),
            Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
        }
    }
    cleaned
}

#[cfg(test)]
#[path = "confined_tests.rs"]
mod tests;
