//! What goes on on a connection, and when it stands still.

use crate::limits;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// The activity of one connection.
///
/// Changes are noted, not told: the clock that waits for them looks when it is time.
pub(super) struct Activity {
    began: Instant,
    /// When something changed last, in milliseconds from the beginning.
    changed: AtomicU64,
    /// What keeps the connection: requests that are handled, answers that have nothing to say yet.
    held: AtomicUsize,
    /// How many requests came.
    requests: AtomicU64,
    /// How many more were taken back than answered.
    taken_back: AtomicUsize,
    excess: Notify,
}

/// Keeps a connection until it is dropped.
pub(super) struct Hold(Arc<Activity>);

/// A request. Dropped before its answer began to be sent, it was taken back.
pub(super) struct Request(Option<Arc<Activity>>);

impl Activity {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            changed: AtomicU64::new(0),
            held: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
            taken_back: AtomicUsize::new(0),
            excess: Notify::new(),
        }
    }

    /// Notes that something happened.
    pub(super) fn touch(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.changed.store(now, Ordering::Relaxed);
    }

    /// Keeps the connection.
    pub(super) fn hold(self: &Arc<Self>) -> Hold {
        self.held.fetch_add(1, Ordering::Relaxed);
        Hold(Arc::clone(self))
    }

    /// Notes that a request came.
    pub(super) fn request(self: &Arc<Self>) -> Request {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.touch();
        Request(Some(Arc::clone(self)))
    }

    /// Returns when the connection has stood still for as long as it may.
    pub(super) async fn end(&self) {
        loop {
            let limit = if self.requests.load(Ordering::Relaxed) == 0 { limits::HEADER } else { limits::IDLE };
            let mut due = self.began + Duration::from_millis(self.changed.load(Ordering::Relaxed)) + limit;
            let now = Instant::now();
            if self.held.load(Ordering::Relaxed) > 0 {
                due = now + limit;
            } else if due <= now {
                return;
            }
            tokio::time::sleep_until(due).await;
        }
    }

    /// Returns when too many requests were taken back.
    pub(super) async fn excess(&self) {
        self.excess.notified().await;
    }

    fn answered(&self) {
        let less = |count: usize| count.checked_sub(1);
        let _ = self.taken_back.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    fn taken_back(&self) {
        if self.taken_back.fetch_add(1, Ordering::Relaxed) >= limits::RESETS {
            self.excess.notify_one();
        }
    }
}

impl Request {
    /// Its answer is being sent.
    pub(super) fn answered(&mut self) {
        if let Some(activity) = self.0.take() {
            activity.answered();
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if let Some(activity) = self.0.take() {
            activity.taken_back();
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.touch();
        self.0.held.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{sleep, timeout};

    #[tokio::test(start_paused = true)]
    async fn the_first_request_has_less_time_than_those_that_follow() {
        let activity = Arc::new(Activity::new());
        let started = Instant::now();
        activity.end().await;
        assert_eq!(started.elapsed(), limits::HEADER);

        activity.request().answered();
        let started = Instant::now();
        activity.end().await;
        assert_eq!(started.elapsed(), limits::IDLE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_stands_still_from_its_last_change_on() {
        let activity = Arc::new(Activity::new());
        let (hold, _request) = (activity.hold(), activity.request());
        assert!(timeout(10 * limits::IDLE, activity.end()).await.is_err(), "a request is handled");
        drop(hold);
        sleep(limits::IDLE / 2).await;
        activity.touch();
        let started = Instant::now();
        activity.end().await;
        assert_eq!(started.elapsed(), limits::IDLE);
    }

    #[tokio::test(start_paused = true)]
    async fn requests_may_be_taken_back_as_often_as_they_are_answered() {
        let activity = Arc::new(Activity::new());
        for _ in 0..10 * limits::RESETS {
            drop(activity.request());
            activity.request().answered();
        }
        for _ in 0..limits::RESETS {
            drop(activity.request());
        }
        assert!(timeout(limits::IDLE, activity.excess()).await.is_err());
        drop(activity.request());
        activity.excess().await;
    }
}
