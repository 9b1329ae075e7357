//! What the kernel's overlayfs makes of an image's layers.

use super::{
    archives::{TestImage, digest, docker_archive, tar},
    load,
    mounted::Mounted,
};
use runtime::images::ImageStore;
use serde_json::json;
use std::{collections::BTreeMap, fs, path::Path};
use tempfile::tempdir;

/// Files below a folder, with their content.
fn files(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().into_string().unwrap());
        if entry.file_type().unwrap().is_dir() {
            files(&entry.path(), &format!("{name}/"), found);
        } else if entry.file_type().unwrap().is_symlink() {
            found.insert(name, "a link".to_owned());
        } else {
            found.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

#[tokio::test]
async fn a_whiteout_with_nothing_below_is_not_seen() {
    let alone = tar(&[("a/.wh.gone", b""), ("a/deep/.wh.gone", b""), ("a/kept", b"1")]);
    let opaque = tar(&[("b/.wh.gone", b""), ("b/.wh..wh..opq", b""), ("b/kept", b"1")]);
    let linked = tar_with_link("real", "link", &[("link/.wh.gone", b""), ("link/kept", b"1")]);
    for (layers, expected) in [
        (vec![alone.clone()], &["a/kept"][..]),
        (vec![tar(&[("a/gone", b"0"), ("a/deep/gone", b"0")]), alone.clone()], &["a/kept"]),
        (vec![alone, tar(&[("a/gone", b"2")])], &["a/gone", "a/kept"]),
        (vec![opaque.clone()], &["b/kept"]),
        (vec![tar(&[("b/other", b"0")]), opaque], &["b/kept"]),
        (vec![linked], &["real/kept"]),
    ] {
        let diff_ids: Vec<_> = layers.iter().map(|layer| digest(layer)).collect();
        let config = json!({"rootfs": {"diff_ids": diff_ids}}).to_string().into_bytes();
        let folder = tempdir().unwrap();
        let store = ImageStore::open(&folder.path().join("store")).unwrap();
        let loaded = load(&store, &docker_archive(&[(&TestImage { config, layers }, &["whiteouts"])])).await.unwrap();
        let layers: Vec<_> = loaded[0].layers.iter().rev().map(|layer| layer.to_str().unwrap()).collect();
        let [root, upper, work] = ["root", "upper", "work"].map(|name| folder.path().join(name));
        for directory in [&root, &upper, &work] {
            fs::create_dir(directory).unwrap();
        }
        let options = format!("lowerdir={},upperdir={},workdir={}", layers.join(":"), upper.display(), work.display());
        let _mounted = Mounted::new("overlay", &root, &options);
        let mut found = BTreeMap::new();
        files(&root, "", &mut found);
        let found: Vec<_> = found.keys().filter(|name| *name != "link").collect();
        assert_eq!(found, expected);
    }
}

/// A tar archive of a directory, a link to it and files.
fn tar_with_link(directory: &str, link: &str, content: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (kind, path) in [(tar::EntryType::Directory, directory), (tar::EntryType::Symlink, link)] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o755);
        header.set_size(0);
        match kind {
            tar::EntryType::Symlink => builder.append_link(&mut header, path, directory).unwrap(),
            _ => builder.append_data(&mut header, path, &b""[..]).unwrap(),
        }
    }
    let mut archive = builder.into_inner().unwrap();
    archive.truncate(1024);
    archive.extend(tar(content));
    archive
}

#[tokio::test]
async fn overlayfs_shows_what_the_layers_say() {
    let layers = vec![
        tar(&[
            ("etc/kept", b"1"),
            ("etc/changed", b"1"),
            ("etc/deleted", b"1"),
            ("all/a", b"1"),
            ("all/b", b"1"),
            ("gone/x", b"1"),
        ]),
        tar(&[
            ("etc/changed", b"2"),
            ("etc/.wh.deleted", b""),
            ("all/.wh..wh..opq", b""),
            ("all/c", b"2"),
            (".wh.gone", b""),
        ]),
        tar(&[("gone/y", b"3"), ("etc/deleted", b"3"), ("all/.wh.c", b""), ("all/d", b"3")]),
    ];
    let diff_ids: Vec<_> = layers.iter().map(|layer| digest(layer)).collect();
    let config = json!({"rootfs": {"diff_ids": diff_ids}}).to_string().into_bytes();
    let folder = tempdir().unwrap();
    let store = ImageStore::open(&folder.path().join("store")).unwrap();
    let loaded = load(&store, &docker_archive(&[(&TestImage { config, layers }, &["stacked"])])).await.unwrap();
    let top_first: Vec<_> = loaded[0].layers.iter().rev().map(|layer| layer.to_str().unwrap()).collect();
    let root = folder.path().join("root");
    fs::create_dir(&root).unwrap();
    let _mounted = Mounted::new("overlay", &root, &format!("lowerdir={}", top_first.join(":")));
    let mut found = BTreeMap::new();
    files(&root, "", &mut found);
    let expected = [("all/d", "3"), ("etc/changed", "2"), ("etc/deleted", "3"), ("etc/kept", "1"), ("gone/y", "3")];
    assert_eq!(found, expected.map(|(path, content)| (path.to_owned(), content.to_owned())).into());
}
