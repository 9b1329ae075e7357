//! Removal, leases, and what is swept away when.

use super::{
    archives::{docker_archive, image},
    assert_empty, assert_layers, load, names,
};
use runtime::images::{Error, ImageStore};
use serde_json::{Value, json};
use std::fs;
use tempfile::tempdir;

async fn store_with_two_images(folder: &std::path::Path) -> ImageStore {
    let store = ImageStore::open(folder).unwrap();
    let (one, two) = (image(&[("base", "b"), ("one", "1")]), image(&[("base", "b"), ("two", "2")]));
    load(&store, &docker_archive(&[(&one, &["one", "uno:v1"]), (&two, &["two"])])).await.unwrap();
    assert_layers(&store, 3);
    store
}

#[tokio::test]
async fn layers_go_when_no_image_needs_them() {
    let folder = tempdir().unwrap();
    let store = store_with_two_images(folder.path()).await;
    let removed = store.remove("uno:v1").await.unwrap();
    assert_eq!((removed.untagged, removed.deleted), (vec!["docker.io/library/uno:v1".to_owned()], None));
    assert_layers(&store, 3);
    let id = store.get("one").unwrap().unwrap().id;
    let removed = store.remove("one").await.unwrap();
    assert_eq!((removed.deleted, removed.held_by), (Some(id), Vec::new()));
    assert_layers(&store, 2);
    assert!(store.get("two").unwrap().unwrap().layers.iter().all(|layer| layer.exists()));
    store.remove("two").await.unwrap();
    assert_empty(&store, "all removed");
    assert!(matches!(store.remove("two").await, Err(Error::NotFound { .. })));
    assert!(matches!(store.remove("TWO").await, Err(Error::InvalidReference { .. })));
}

#[tokio::test]
async fn layers_of_an_older_minke_serve_until_their_image_comes_again() {
    let folder = tempdir().unwrap();
    let store = store_with_two_images(folder.path()).await;
    let layers = store.root().join("layers");
    for name in names(&store, "layers") {
        fs::rename(layers.join(&name), layers.join(name.strip_suffix(".2").unwrap())).unwrap();
    }
    let store = ImageStore::open(store.root()).unwrap();
    assert_layers(&store, 3);
    assert!(store.get("one").unwrap().unwrap().layers.iter().all(|layer| layer.exists()));
    store.lease(&store.get("two").unwrap().unwrap().id, "holder").await.unwrap();
    let store = store_with_new_layers_of_one(folder.path()).await;
    let names = names(&store, "layers");
    assert_eq!(names.iter().filter(|name| name.ends_with(".2")).count(), 2, "{names:?}");
    assert_eq!(names.len(), 4, "the base of a running container stays as it was: {names:?}");
}

async fn store_with_new_layers_of_one(folder: &std::path::Path) -> ImageStore {
    let store = ImageStore::open(folder).unwrap();
    let one = image(&[("base", "b"), ("one", "1")]);
    load(&store, &docker_archive(&[(&one, &["one"])])).await.unwrap();
    store
}

#[tokio::test]
async fn an_id_may_be_abbreviated() {
    let folder = tempdir().unwrap();
    let store = store_with_two_images(folder.path()).await;
    let id = store.get("one").unwrap().unwrap().id;
    let removed = store.remove(&id[7..19]).await.unwrap();
    assert_eq!(removed.untagged, ["docker.io/library/one:latest", "docker.io/library/uno:v1"]);
    assert_eq!(store.list().unwrap().len(), 1);
}

#[tokio::test]
async fn leases_keep_layers_until_released() {
    let folder = tempdir().unwrap();
    let store = store_with_two_images(folder.path()).await;
    let image = store.get("one").unwrap().unwrap();
    store.lease(&image.id, "container-1").await.unwrap();
    store.lease(&image.id, "container-2").await.unwrap();
    let removed = store.remove(&image.id).await.unwrap();
    assert_eq!(removed.held_by, ["container-1", "container-2"]);
    assert_eq!(store.get("one").unwrap(), None);
    assert_layers(&store, 3);
    // A crash between: the lease is as good as before.
    let store = ImageStore::open(folder.path()).unwrap();
    store.release("container-1").await.unwrap();
    assert!(image.layers.iter().all(|layer| layer.exists()));
    store.release("container-2").await.unwrap();
    assert_layers(&store, 2);
    store.release("container-2").await.unwrap();
}

#[tokio::test]
async fn a_lease_is_for_an_image_that_is_there_and_a_plain_name() {
    let folder = tempdir().unwrap();
    let store = store_with_two_images(folder.path()).await;
    let id = store.get("one").unwrap().unwrap().id;
    let gone = format!("sha256:{}", "0".repeat(64));
    assert!(matches!(store.lease(&gone, "c").await, Err(Error::NotFound { .. })));
    for holder in ["", ".", "../x", "a/b", ".tmp-1", "a b", "é"] {
        assert!(matches!(store.lease(&id, holder).await, Err(Error::InvalidHolder { .. })), "{holder}");
        assert!(matches!(store.release(holder).await, Err(Error::InvalidHolder { .. })), "{holder}");
    }
    assert_eq!(names(&store, "leases").len(), 0);
}

#[tokio::test]
async fn opening_removes_what_a_crash_left() {
    let folder = tempdir().unwrap();
    let store = store_with_two_images(folder.path()).await;
    let root = store.root();
    fs::create_dir_all(root.join("layers/.tmp-1-2/fs/x")).unwrap();
    fs::create_dir_all(root.join("layers/0123456789abcdef0123456789abcdef/fs")).unwrap();
    for file in ["layers/.tmp-0.lock", "blobs/sha256/.tmp-1-3", "blobs/sha256/00", "leases/.tmp-4-5", ".tmp-6-7"] {
        fs::write(root.join(file), "half").unwrap();
    }
    let before = store.list().unwrap();
    let store = ImageStore::open(root).unwrap();
    assert_eq!(store.list().unwrap(), before);
    assert_layers(&store, 3);
    assert_eq!(names(&store, "blobs/sha256").len(), 2);
    assert_eq!(names(&store, "leases").len(), 0);
    assert!(!root.join(".tmp-6-7").exists());
}

#[tokio::test]
async fn a_clobbered_index_is_an_error_and_nothing_is_swept() {
    let folder = tempdir().unwrap();
    let store = store_with_two_images(folder.path()).await;
    wait_until_settled(&store).await;
    fs::write(store.root().join("index.json"), "{").unwrap();
    assert!(ImageStore::open(store.root()).is_err());
    assert_eq!(names(&store, "layers").len(), 3);
}

#[tokio::test]
async fn an_image_that_a_power_failure_overtook_is_dropped_with_its_leases() {
    let folder = tempdir().unwrap();
    let store = store_with_two_images(folder.path()).await;
    let image = store.get("one").unwrap().unwrap();
    store.lease(&image.id, "container").await.unwrap();
    wait_until_settled(&store).await;
    // As if the machine had been started again before the first image was safe on disk.
    edit(&store.root().join("index.json"), |index| {
        index["images"][&image.id]["unsettled"] = json!({"boot": "an earlier one", "writing": "1"});
    });
    edit(&store.root().join("leases/container"), |lease| lease["boot"] = json!("an earlier one"));
    let store = ImageStore::open(store.root()).unwrap();
    assert_eq!(store.get("one").unwrap(), None);
    assert!(store.get("two").unwrap().is_some());
    assert_layers(&store, 2);
    assert_eq!(names(&store, "leases").len(), 0);
}

fn edit(path: &std::path::Path, change: impl FnOnce(&mut Value)) {
    let mut document = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    change(&mut document);
    fs::write(path, document.to_string()).unwrap();
}

/// Until the images are safe on disk, a thread of the store writes the index.
async fn wait_until_settled(store: &ImageStore) {
    while fs::read_to_string(store.root().join("index.json")).unwrap().contains("unsettled") {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}
