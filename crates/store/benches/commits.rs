//! How fast objects are committed, by one writer and by 64 at once: `cargo bench -p store`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark fails by panicking")]

use futures::future::join_all;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use store::{SqliteStore, Store, Write};

/// About the size of a small pod.
const VALUE_BYTES: usize = 2000;

#[tokio::main]
async fn main() {
    for (writers, count) in [(1, 20_000), (64, 2_000)] {
        let folder = tempfile::tempdir_in(".").unwrap();
        let store = Arc::new(SqliteStore::open(folder.path().join("db")).unwrap());
        let begin = Instant::now();
        let writing = (0..writers).map(|writer| tokio::spawn(create_many(store.clone(), writer, count)));
        let mut durations: Vec<_> = join_all(writing).await.into_iter().flat_map(Result::unwrap).collect();
        let elapsed = begin.elapsed();
        durations.sort_unstable();
        let percentile = |percent: usize| durations[(durations.len() - 1) * percent / 100];
        println!(
            "{writers} writers: {:.0} objects/s; a write p50 {:?}, p99 {:?}, longest {:?}",
            f64::from(writers * count) / elapsed.as_secs_f64(),
            percentile(50),
            percentile(99),
            percentile(100),
        );
    }
}

async fn create_many(store: Arc<SqliteStore>, writer: u32, count: u32) -> Vec<Duration> {
    let mut durations = Vec::new();
    for number in 0..count {
        let write = Write::create(format!("/pods/{writer}/{number}"), "x".repeat(VALUE_BYTES));
        let begin = Instant::now();
        store.write(write).await.unwrap();
        durations.push(begin.elapsed());
    }
    durations
}
