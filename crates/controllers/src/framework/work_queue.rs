//! A controller's queue with a clock, a bell and figures.

use super::{Key, metrics::QueueMetrics, queue::Queue, random};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{sync::Notify, time};

/// The keys that a controller has yet to look at. Anybody may add, one takes out.
pub struct WorkQueue {
    queue: Mutex<Queue<Key>>,
    added: Notify,
    metrics: QueueMetrics,
}

impl WorkQueue {
    pub(super) fn new(metrics: QueueMetrics) -> Self {
        Self { queue: Mutex::default(), added: Notify::new(), metrics }
    }

    /// Has a key looked at soon.
    pub fn add(&self, key: Key) {
        let mut queue = self.lock();
        if queue.add(key, Instant::now()) {
            self.metrics.added(1, queue.depth());
            self.added.notify_one();
        }
    }

    /// Has a key looked at after a while.
    pub fn add_after(&self, key: Key, pause: Duration) {
        self.lock().add_at(key, Instant::now() + pause);
        self.added.notify_one();
    }

    /// The next key, when there is one. It is worked on until [`done`](Self::done).
    pub(super) async fn next(&self) -> Key {
        loop {
            let wakeup = match self.pop() {
                Ok(key) => return key,
                Err(wakeup) => wakeup,
            };
            tokio::select! {
                () = self.added.notified() => {}
                () = sleep_until(wakeup) => {}
            }
        }
    }

    /// The next key, or when to look again.
    fn pop(&self) -> Result<Key, Option<Instant>> {
        let (mut queue, now) = (self.lock(), Instant::now());
        let woken = queue.wake(now);
        self.metrics.added(woken, queue.depth());
        let (key, waited) = queue.pop(now).ok_or_else(|| queue.next_wakeup())?;
        self.metrics.taken(waited, queue.depth());
        Ok(key)
    }

    /// Nobody works on the key any more.
    pub(super) fn done(&self, key: &Key, took: Duration) {
        let mut queue = self.lock();
        queue.done(key);
        self.metrics.done(took, queue.depth());
        self.added.notify_one();
    }

    /// Counts a failure: the key comes again after a pause.
    pub(super) fn retry(&self, key: &Key) {
        self.lock().retry(key, Instant::now(), random());
        self.metrics.retried();
    }

    pub(super) fn forget(&self, key: &Key) {
        self.lock().forget(key);
    }

    fn lock(&self) -> MutexGuard<'_, Queue<Key>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn sleep_until(wakeup: Option<Instant>) {
    match wakeup {
        Some(wakeup) => time::sleep_until(wakeup.into()).await,
        None => std::future::pending().await,
    }
}
