//! Removes directories, however deep they are: a program may nest more of them than a process may have open, or than
//! fit on a stack. What is mounted there is somebody else's: a mount point is refused (EXDEV), and nothing below it goes.

use rustix::{
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, openat, openat2, statat, unlinkat},
    io::Errno,
    path::Arg,
};
use std::{ffi::CString, io, os::fd::OwnedFd, path::Path};

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Removes a directory with all in it, following no link and crossing no mount point. What is not there is fine.
pub fn remove_directory(path: &Path) -> io::Result<()> {
    match remove(path) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn remove(path: &Path) -> rustix::io::Result<()> {
    let name = path.file_name().ok_or(Errno::INVAL)?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let parent = openat(CWD, parent, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    empty(step(&parent, name)?)?;
    unlinkat(&parent, name, AtFlags::REMOVEDIR)
}

/// Empties a directory: goes down into the first directory below, comes back up when that one is empty.
fn empty(mut directory: OwnedFd) -> rustix::io::Result<()> {
    let mut way: Vec<CString> = Vec::new();
    loop {
        if let Some(below) = remove_files(&directory)? {
            directory = step(&directory, &below)?;
            way.push(below);
            continue;
        }
        let Some(name) = way.pop() else { return Ok(()) };
        directory = step(&directory, "..")?;
        unlinkat(&directory, &name, AtFlags::REMOVEDIR)?;
    }
}

/// The directory of this name, if it lies on the same mount (`openat2(2)`).
fn step(directory: &OwnedFd, name: impl Arg) -> rustix::io::Result<OwnedFd> {
    let resolve = ResolveFlags::NO_XDEV | ResolveFlags::NO_SYMLINKS;
    openat2(directory, name, DIRECTORY, Mode::empty(), resolve)
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
    use rustix::{
        mount::{MountPropagationFlags, mount_bind, mount_change},
        thread::{UnshareFlags, unshare_unsafe},
    };
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

    #[test]
    fn what_is_mounted_below_stays() {
        let root = tempfile::tempdir().unwrap();
        let (kept, gone) = (root.path().join("kept"), root.path().join("gone"));
        fs::create_dir(&kept).unwrap();
        fs::write(kept.join("file"), "x").unwrap();
        fs::create_dir_all(gone.join("a/mounted")).unwrap();
        let (source, below) = (kept.clone(), gone.join("a/mounted"));
        let in_own_namespace = move || {
            // SAFETY: the root, the working directory and the mounts are this thread's own from now on.
            unsafe { unshare_unsafe(UnshareFlags::FS | UnshareFlags::NEWNS) }.unwrap();
            mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).unwrap();
            mount_bind(&source, &below).unwrap();
            [&below, below.ancestors().nth(2).unwrap()].map(|path| remove_directory(path).unwrap_err().kind())
        };
        let errors = std::thread::spawn(in_own_namespace).join().unwrap();
        assert_eq!(errors, [io::ErrorKind::CrossesDevices; 2]);
        assert!(kept.join("file").exists());
        remove_directory(&gone).unwrap();
    }
}
