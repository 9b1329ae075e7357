//! Files that change all at once: a time-stamped folder beside a `..data` link that is switched by rename
//! (`pkg/volume/util/atomic_writer.go`). Readers see the old set or the new one, never a mixture.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use super::payload::File;
use crate::Error;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
};

const DATA: &str = "..data";
const NEW_DATA: &str = "..data_tmp";

/// Brings the volume at `root` to `payload`; `stamp` names the new folder and must differ from write to write.
pub fn write(root: &Path, payload: &BTreeMap<PathBuf, File>, stamp: &str) -> Result<(), Error> {
    if is_current(root, payload) {
        return Ok(());
    }
    let previous = fs::read_link(root.join(DATA)).ok();
    let folder = PathBuf::from(format!("..{stamp}"));
    for (path, file) in payload {
        write_file(&root.join(&folder).join(path), file)?;
    }
    fs::create_dir_all(root.join(&folder)).map_err(|error| Error::io("create", &root.join(&folder), error))?;
    fs::set_permissions(root.join(&folder), fs::Permissions::from_mode(0o755))
        .map_err(|error| Error::io("change the mode of", root, error))?;
    switch(root, &folder)?;
    link_visible(root, payload)?;
    if let Some(previous) = previous {
        let _ = fs::remove_dir_all(root.join(previous));
    }
    Ok(())
}

fn is_current(root: &Path, payload: &BTreeMap<PathBuf, File>) -> bool {
    let data = root.join(DATA);
    let mut found = BTreeSet::new();
    list(&data, Path::new(""), &mut found);
    data.is_dir()
        && found.iter().eq(payload.keys())
        && payload.iter().all(|(path, file)| {
            // Contents alone count, as upstream: the mode may have been widened for the pod's group.
            fs::read(data.join(path)).is_ok_and(|data| data == file.data)
        })
}

fn list(root: &Path, below: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(root.join(below)).into_iter().flatten().flatten() {
        let path = below.join(entry.file_name());
        if entry.file_type().is_ok_and(|type_| type_.is_dir()) {
            list(root, &path, found);
        } else {
            found.insert(path);
        }
    }
}

fn write_file(path: &Path, file: &File) -> Result<(), Error> {
    let failed = |error| Error::io("write", path, error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut opened =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(file.mode).open(path).map_err(failed)?;
    std::io::Write::write_all(&mut opened, &file.data).map_err(failed)?;
    // The mode at creation went through the umask.
    fs::set_permissions(path, fs::Permissions::from_mode(file.mode)).map_err(failed)
}

fn switch(root: &Path, folder: &Path) -> Result<(), Error> {
    let new = root.join(NEW_DATA);
    let _ = fs::remove_file(&new);
    symlink(folder, &new).map_err(|error| Error::io("link", &new, error))?;
    fs::rename(&new, root.join(DATA)).map_err(|error| Error::io("rename", &new, error))
}

/// The names users see are links through `..data`; those without a file any more go.
fn link_visible(root: &Path, payload: &BTreeMap<PathBuf, File>) -> Result<(), Error> {
    let visible: BTreeSet<_> =
        payload.keys().filter_map(|path| path.components().next()).map(|first| first.as_os_str().to_owned()).collect();
    for name in &visible {
        let link = root.join(name);
        if fs::symlink_metadata(&link).is_err() {
            symlink(Path::new(DATA).join(name), &link).map_err(|error| Error::io("link", &link, error))?;
        }
    }
    for entry in fs::read_dir(root).map_err(|error| Error::io("list", root, error))?.flatten() {
        let name = entry.file_name();
        if !name.as_encoded_bytes().starts_with(b"..") && !visible.contains(&name) {
            fs::remove_file(entry.path()).map_err(|error| Error::io("remove", &entry.path(), error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(files: &[(&str, &str, u32)]) -> BTreeMap<PathBuf, File> {
        let file = |data: &str, mode| File { data: data.to_owned().into(), mode };
        files.iter().map(|(path, data, mode)| (PathBuf::from(path), file(data, *mode))).collect()
    }

    #[test]
    fn an_update_replaces_adds_and_removes_in_one_step() {
        let root = tempfile::tempdir().unwrap();
        let read = |path: &str| fs::read_to_string(root.path().join(path)).ok();
        write(root.path(), &payload(&[("a", "1", 0o644), ("b/c", "2", 0o600)]), "first").unwrap();
        assert_eq!((read("a").as_deref(), read("b/c").as_deref()), (Some("1"), Some("2")));
        assert_eq!(fs::metadata(root.path().join("b/c")).unwrap().permissions().mode() & 0o777, 0o600);

        write(root.path(), &payload(&[("a", "3", 0o644), ("d", "4", 0o644)]), "second").unwrap();
        assert_eq!((read("a").as_deref(), read("b/c"), read("d").as_deref()), (Some("3"), None, Some("4")));
        assert_eq!(fs::read_link(root.path().join(DATA)).unwrap(), Path::new("..second"));
        assert!(!root.path().join("..first").exists() && fs::symlink_metadata(root.path().join("b")).is_err());
    }

    #[test]
    fn what_is_unchanged_is_not_written_again() {
        let root = tempfile::tempdir().unwrap();
        let files = payload(&[("a", "1", 0o644)]);
        write(root.path(), &files, "first").unwrap();
        write(root.path(), &files, "second").unwrap();
        assert_eq!(fs::read_link(root.path().join(DATA)).unwrap(), Path::new("..first"));
        assert!(!root.path().join("..second").exists());
    }

    #[test]
    fn a_volume_may_be_empty() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &BTreeMap::new(), "first").unwrap();
        assert!(root.path().join(DATA).is_dir());
    }
}
