//! Component tests of the store: what both stores promise, and what `SQLite` adds.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod compaction;
mod contract;
mod crash;
mod full_disk;
mod model;
mod sqlite;
