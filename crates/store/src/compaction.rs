//! Keeps the history short, as kube-apiserver does with etcd's (`--etcd-compaction-interval`).

use crate::Store;
use std::{sync::Arc, time::Duration};

/// Kubernetes' interval: watches can be resumed for at least as long.
pub const COMPACTION_INTERVAL: Duration = Duration::from_mins(5);

/// Forgets, at each interval, the events from before the last one. Runs until it is dropped.
pub async fn compact_regularly(store: Arc<dyn Store>, interval: Duration) {
    let mut before = store.revision();
    loop {
        tokio::time::sleep(interval).await;
        let newest = store.revision();
        if newest > before {
            match store.compact(before).await {
                Ok(()) => tracing::debug!(%before, "the store's history is compacted"),
                Err(error) => tracing::warn!(%error, "the store's history cannot be compacted, which is tried again"),
            }
        }
        before = newest;
    }
}
