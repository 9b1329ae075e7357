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
        } else {
            found.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
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
