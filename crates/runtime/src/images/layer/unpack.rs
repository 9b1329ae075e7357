//! Applies a layer's archive to a folder, in overlayfs' terms (OCI image specification, "Image Layer Filesystem Changeset").

use super::{
    place::{self, Before},
    sparse::{self, CopyError},
    tar_reader::{Kind, Member, TarReader},
    whiteouts::{OPAQUE_XATTR, Whiteouts},
};
use crate::{
    confined::{Confined, Place, clean},
    images::{Error, Result},
};
use rustix::{
    fs::{
        AtFlags, FileType, Gid, Mode, OFlags, Timespec, Timestamps, Uid, XattrFlags, chmodat, chownat, linkat,
        lsetxattr, makedev, mkdirat, mknodat, openat, statat, symlinkat, utimensat,
    },
    io::Errno,
};
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::File,
    io::{self, Read},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

const WHITEOUT_PREFIX: &[u8] = b".wh.";
/// Names with this prefix are AUFS' own; only the mark of an opaque directory means something to others.
const META_PREFIX: &[u8] = b".wh..wh.";
const OPAQUE_MARK: &[u8] = b".wh..wh..opq";
/// Attributes by which an image could redirect overlayfs to files of other layers.
const FORBIDDEN_XATTRS: [&[u8]; 2] = [b"trusted.overlay.", b"user.overlay."];

/// Unpacks an archive, and tells how many bytes its files have; `what` names the layer in errors. Directories that must be
/// below the layer are made in `below` (see [`Whiteouts`]), which is made if there are any.
pub(in crate::images) fn unpack(what: &str, archive: impl Read, folder: &Path, below: &Path) -> Result<u64> {
    let root = Confined::open(folder).map_err(|error| Error::io("opening", folder, error))?;
    let whiteouts = Whiteouts::default();
    let mut unpacker = Unpacker { what, folder, root, whiteouts, directory_times: BTreeMap::new(), size: 0 };
    let mut archive = TarReader::new(archive);
    while let Some(member) = archive.next_member().map_err(|error| read_error(what, error))? {
        unpacker.apply(&member, &mut archive)?;
    }
    unpacker.finish(below)
}

/// An error that came with the bytes: one of ours from further down, or what a decompressor or parser says.
pub(super) fn read_error(what: &str, error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(ours) => ours,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Error::corrupted(what, "the layer is truncated"),
        Err(error) => Error::corrupted(what, error),
    }
}

struct Unpacker<'a> {
    what: &'a str,
    folder: &'a Path,
    root: Confined,
    whiteouts: Whiteouts,
    /// Set at the end: making files changes the times of their directories. By inode: once each, however often and under
    /// however many names an archive has it.
    directory_times: BTreeMap<u64, (PathBuf, Timestamps)>,
    size: u64,
}

impl Unpacker<'_> {
    fn apply(&mut self, member: &Member, content: &mut impl Read) -> Result<()> {
        let name = member.path.file_name().map(OsStr::as_bytes).unwrap_or_default();
        if name == OPAQUE_MARK {
            return self.mark_opaque(member);
        }
        if name.starts_with(META_PREFIX) {
            return Ok(());
        }
        if let Some(hidden) = name.strip_prefix(WHITEOUT_PREFIX) {
            return self.whiteout(member, OsStr::from_bytes(hidden));
        }
        let place = self.root.make_way(&member.path).map_err(|error| self.failed(member, error))?;
        if place.name == "." && member.kind != Kind::Directory {
            return Err(self.bad(member, "only a directory can be the root"));
        }
        let before =
            place::clear(&place, member.kind == Kind::Directory).map_err(|error| self.failed(member, error))?;
        match member.kind {
            Kind::File => self.write_file(member, &place, content)?,
            Kind::HardLink => return self.hard_link(member, &place),
            Kind::Directory => make_directory(&place, before).map_err(|error| self.failed(member, error))?,
            _ => make_special(member, &place).map_err(|error| self.failed(member, error))?,
        }
        self.set_metadata(member, &place).map_err(|error| self.failed(member, error))
    }

    fn finish(self, below: &Path) -> Result<u64> {
        self.whiteouts.finish(&self.root, below).map_err(|error| Error::io("unpacking", self.folder, error))?;
        for (path, times) in self.directory_times.values() {
            // A later member may have put something else in the directory's place.
            let Ok(folder) = self.root.directory(path) else { continue };
            utimensat(&folder, ".", times, AtFlags::empty())
                .map_err(|error| Error::io("unpacking", &self.folder.join(path), error))?;
        }
        Ok(self.size)
    }

    fn mark_opaque(&self, member: &Member) -> Result<()> {
        let marked = || {
            let folder = Place { name: ".".into(), ..self.root.make_way(&member.path)? };
            Ok::<_, io::Error>(set_xattr(&folder, OPAQUE_XATTR.as_ref(), b"y")?)
        };
        marked().map_err(|error| self.failed(member, error))
    }

    /// Whiteouts hide what lower layers have; what this layer itself has stays visible.
    fn whiteout(&mut self, member: &Member, hidden: &OsStr) -> Result<()> {
        if hidden.is_empty() || hidden == "." || hidden == ".." {
            return Err(self.bad(member, "a whiteout of no file"));
        }
        let path = member.path.with_file_name(hidden);
        let made = || {
            let place = self.root.make_way(&path)?;
            match mknodat(&place.folder, &place.name, FileType::CharacterDevice, Mode::empty(), 0) {
                Err(Errno::EXIST) if place::is_directory(&place) => set_xattr(&place, OPAQUE_XATTR.as_ref(), b"y")?,
                Err(Errno::EXIST) => {}
                result => result?,
            }
            Ok::<_, io::Error>(())
        };
        made().map_err(|error| self.failed(member, error))?;
        self.whiteouts.note(clean(&path));
        Ok(())
    }

    fn write_file(&mut self, member: &Member, place: &Place, content: &mut impl Read) -> Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&place.folder, &place.name, flags, Mode::from_raw_mode(0o600));
        let mut file = File::from(file.map_err(|error| self.failed(member, error))?);
        let copied = sparse::copy(content, &mut file, member.size, member.extents.as_deref());
        self.size += member.extents.as_ref().map_or(member.size, |extents| extents.iter().map(|e| e.length).sum());
        copied.map_err(|error| match error {
            CopyError::Read(error) => read_error(self.what, error),
            CopyError::Write(error) => self.failed(member, error),
        })
    }

    fn hard_link(&self, member: &Member, place: &Place) -> Result<()> {
        let target = self.root.place(&member.link);
        let linked = target
            .and_then(|target| Ok(linkat(&target.folder, &target.name, &place.folder, &place.name, AtFlags::empty())?));
        linked.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                self.bad(member, &format!("a hard link to {}, which the layer does not have", member.link.display()))
            }
            _ => self.failed(member, error),
        })
    }

    fn set_metadata(&mut self, member: &Member, place: &Place) -> rustix::io::Result<()> {
        let (folder, name) = (&place.folder, &place.name);
        let owner = (Some(Uid::from_raw(member.uid)), Some(Gid::from_raw(member.gid)));
        chownat(folder, name, owner.0, owner.1, AtFlags::SYMLINK_NOFOLLOW)?;
        if member.kind != Kind::Symlink {
            // After the owner, whose change clears setuid. The file was just made here: it is no link to follow.
            chmodat(folder, name, Mode::from_raw_mode(member.mode), AtFlags::empty())?;
        }
        for (name, value) in &member.xattrs {
            if !FORBIDDEN_XATTRS.iter().any(|prefix| name.as_bytes().starts_with(prefix)) {
                set_xattr(place, name, value)?;
            }
        }
        let time = Timespec { tv_sec: member.mtime.0, tv_nsec: i64::from(member.mtime.1) };
        let times = Timestamps { last_access: time, last_modification: time };
        if member.kind == Kind::Directory {
            let inode = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?.st_ino;
            self.directory_times.insert(inode, (clean(&member.path), times));
            return Ok(());
        }
        utimensat(folder, name, &times, AtFlags::SYMLINK_NOFOLLOW)
    }

    fn failed(&self, member: &Member, error: impl Into<io::Error>) -> Error {
        Error::io("unpacking", &self.folder.join(clean(&member.path)), error)
    }

    fn bad(&self, member: &Member, reason: &str) -> Error {
        Error::corrupted(self.what, format!("member {}: {reason}", member.path.display()))
    }
}

fn make_directory(place: &Place, before: Before) -> rustix::io::Result<()> {
    if place.name == "." || before == Before::Directory {
        return Ok(());
    }
    mkdirat(&place.folder, &place.name, Mode::from_raw_mode(0o700))?;
    if before == Before::Whiteout {
        set_xattr(place, OPAQUE_XATTR.as_ref(), b"y")?;
    }
    Ok(())
}

fn make_special(member: &Member, place: &Place) -> rustix::io::Result<()> {
    let device = makedev(member.device.0, member.device.1);
    let (kind, device) = match member.kind {
        Kind::Symlink => return symlinkat(&member.link, &place.folder, &place.name),
        Kind::CharacterDevice => (FileType::CharacterDevice, device),
        Kind::BlockDevice => (FileType::BlockDevice, device),
        _ => (FileType::Fifo, 0),
    };
    mknodat(&place.folder, &place.name, kind, Mode::from_raw_mode(0o600), device)
}

/// File systems that lack a kind of attribute are no reason to refuse an image.
fn set_xattr(place: &Place, name: &OsStr, value: &[u8]) -> rustix::io::Result<()> {
    match lsetxattr(place::path(place), name, value, XattrFlags::empty()) {
        Err(Errno::OPNOTSUPP) if name != OPAQUE_XATTR => Ok(()),
        result => result,
    }
}

#[cfg(test)]
#[path = "unpack_tests.rs"]
mod tests;
