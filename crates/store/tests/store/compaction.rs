//! Compaction at intervals, with the clock in the test's hand.

use futures::StreamExt;
use std::{sync::Arc, time::Duration};
use store::{Error, MemoryStore, Revision, Store, Write, compact_regularly};

const INTERVAL: Duration = Duration::from_mins(5);

/// The oldest revision that a watch of everything begins with.
async fn oldest(store: &dyn Store) -> Revision {
    match store.watch("", Revision::INITIAL).next().await.unwrap() {
        Ok(event) => event.revision,
        Err(Error::Compacted { oldest }) => oldest,
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn events_stay_for_one_interval_and_go_after_two() {
    let store = Arc::new(MemoryStore::new());
    tokio::spawn(compact_regularly(store.clone(), INTERVAL));
    for number in 2..=6 {
        // Written in the middle of an interval each.
        tokio::time::sleep(INTERVAL / 2).await;
        store.write(Write::create(format!("/{number}"), "{}")).await.unwrap();
        tokio::time::sleep(INTERVAL / 2).await;
    }
    tokio::time::sleep(INTERVAL / 4).await;
    // Half an interval before it came 6, and 5 a whole one earlier; 4 is older than that.
    assert_eq!(oldest(&*store).await, Revision(5));
    assert_eq!(store.list("").await.unwrap().entries.len(), 5);
}

#[tokio::test]
async fn a_history_in_memory_is_bounded_in_number_and_bytes() {
    for (writes, bytes, kept) in [(10_500, 1, 10_000), (40, 300_000, 13)] {
        let store = MemoryStore::new();
        let mut revision = store.write(Write::create("/a", "x".repeat(bytes))).await.unwrap();
        for _ in 1..writes {
            revision = store.write(Write::update("/a", revision, "x".repeat(bytes))).await.unwrap();
        }
        assert_eq!(oldest(&store).await, Revision(revision.0 + 1 - kept), "{writes} of {bytes} bytes");
    }
}
