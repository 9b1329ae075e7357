//! Removes directories, however deep they are: a program may nest more of them than a process may have open, or than
//! fit on a stack.

use rustix::{
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, statat, unlinkat},
    io::Errno,
};
use std::{ffi::CString, io, os::fd::OwnedFd, path::Path};

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Removes a directory with all in it, following no link. What is not there is fine.
pub fn remove_directory(path: &Path) -> io::Result<()> {
    let removed = match openat(CWD, path, DIRECTORY, Mode::empty()) {
        Ok(directory) => empty(directory).and_then(|()| unlinkat(CWD, path, AtFlags::REMOVEDIR)),
        Err(error) => Err(error),
    };
    match removed {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Empties a directory: goes down into the first directory below, comes back up when that one is empty.
fn empty(mut directory: OwnedFd) -> rustix::io::Result<()> {
    let mut way: Vec<CString> = Vec::new();
    loop {
        if let Some(below) = remove_files(&directory)? {
            directory = openat(&directory, &below, DIRECTORY, Mode::empty())?;
            way.push(below);
            continue;
        }
        let Some(name) = way.pop() else { return Ok(()) };
        directory = openat(&directory, "..", DIRECTORY, Mode::empty())?;
        unlinkat(&directory, &name, AtFlags::REMOVEDIR)?;
    }
}

/// Removes what is no directory; returns the first directory that it meets.
fn remove_files(directory: &OwnedFd) -> rustix::io::Result<Option<CString>> {
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == c"." || name == c".." {
            continue;
        }
        if is_directory(directory, &entry)? {
            return Ok(Some(name.to_owned()));
        }
        match unlinkat(directory, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn is_directory(directory: &OwnedFd, entry: &rustix::fs::DirEntry) -> rustix::io::Result<bool> {
    let kind = match entry.file_type() {
        FileType::Unknown => {
            FileType::from_raw_mode(statat(directory, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)?.st_mode)
        }
        kind => kind,
    };
    Ok(kind == FileType::Directory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::symlink};

    #[test]
    fn all_goes_and_nothing_else_does() {
        let root = tempfile::tempdir().unwrap();
        let (kept, gone) = (root.path().join("kept"), root.path().join("gone"));
        fs::create_dir(&kept).unwrap();
        fs::write(kept.join("file"), "x").unwrap();
        for folder in ["a/b/c", "a/d", "e"] {
            fs::create_dir_all(gone.join(folder)).unwrap();
            fs::write(gone.join(folder).join("file"), "x").unwrap();
            symlink(&kept, gone.join(folder).join("link")).unwrap();
        }
        remove_directory(&gone).unwrap();
        assert!(!gone.exists() && kept.join("file").exists());
        remove_directory(&gone).unwrap();
        assert!(remove_directory(&kept.join("file")).is_err());
    }
}
