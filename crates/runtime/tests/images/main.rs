//! The image store from outside: archives, registries on loopback, several processes, and crashes. Needs root.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod archives;
mod crash;
mod load;
mod mounted;
mod progress;
mod pull;
mod pull_failures;
mod registry;
mod remove;
mod space;
mod stacked;

use runtime::images::{Image, ImageStore, Result, Source};
use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

/// Loads an archive that is at hand.
async fn load(store: &ImageStore, archive: &[u8]) -> Result<Vec<Image>> {
    let source = Source::Reader(Box::new(std::io::Cursor::new(archive.to_vec())));
    Ok(store.load(source, Arc::new(())).await?.into_iter().map(|loaded| loaded.image).collect())
}

/// What a file of an image contains, looked for from the top.
fn read(image: &Image, path: &str) -> Option<String> {
    image.layers.iter().rev().find_map(|layer| fs::read_to_string(layer.join(path)).ok())
}

/// Names in a folder of the store, except for locks.
fn names(store: &ImageStore, folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(store.root().join(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| Path::new(name).extension().is_none_or(|extension| extension != "lock")).collect()
}

/// Fails unless the store has nothing at all, not even half-made.
fn assert_empty(store: &ImageStore, what: &str) {
    assert_eq!(store.list().unwrap(), [], "{what}");
    for folder in ["layers", "blobs/sha256", "leases"] {
        assert_eq!(names(store, folder), BTreeSet::new(), "{what}: {folder}");
    }
}

/// Layers are as many as that, whole, and nothing half-made is beside them.
fn assert_layers(store: &ImageStore, count: usize) {
    let layers = names(store, "layers");
    assert_eq!(layers.len(), count, "{layers:?}");
    for layer in layers {
        assert!(store.root().join("layers").join(&layer).join("layer.json").exists(), "{layer}");
    }
}
