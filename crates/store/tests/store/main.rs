//! Component tests of the store: what both stores promise, and what `SQLite` adds.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod compaction;
mod contract;
mod crash;
mod full_disk;
mod model;
mod sqlite;

use store::{Entry, Store};

/// The object under `key`, if there is one.
async fn get(store: &(impl Store + ?Sized), key: &str) -> Option<Entry> {
    let below = store.list(key).await.unwrap().entries;
    below.into_iter().find(|entry| entry.key == key)
}
