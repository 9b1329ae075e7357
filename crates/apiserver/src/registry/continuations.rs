//! Lists that clients have begun to page through: what is left of each, as it was at its revision. So a list in pages
//! is consistent however many writes happen in between, at the price of some pointers.

use crate::cache::Object;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use store::Revision;
use tokio::{sync::Notify, time::Instant};

/// How many lists are remembered.
const LISTS: usize = 32;
/// How much memory they may hold together, if all their objects are gone meanwhile. The newest list stays whatever it
/// takes, else it could not be paged through.
const BYTES: usize = 16 << 20;
/// For how long, so that objects that are gone do not stay for them: as long as etcd is sure to know a revision
/// (`--etcd-compaction-interval`).
const TIME: Duration = Duration::from_mins(5);

/// Objects in the order of their keys.
pub type Objects = Arc<Vec<Arc<Object>>>;

/// The lists that were begun.
#[derive(Default)]
pub struct Continuations {
    /// The oldest first.
    lists: Mutex<VecDeque<List>>,
    remembered: Arc<Notify>,
}

struct List {
    prefix: String,
    revision: Revision,
    objects: Objects,
    bytes: usize,
    since: Instant,
}

impl Continuations {
    /// None yet. A task forgets those that are too old, as long as they are held.
    pub fn start() -> Arc<Self> {
        let this = Arc::<Self>::default();
        tokio::spawn(forget_in_time(Arc::downgrade(&this)));
        this
    }

    /// Remembers the objects of a list, in the place of what is known of the same list.
    pub fn remember(&self, prefix: String, revision: Revision, objects: Objects) {
        let bytes = objects.iter().map(|object| object.bytes()).sum();
        let mut lists = self.lists();
        lists.retain(|list| (&list.prefix, list.revision) != (&prefix, revision));
        lists.push_back(List { prefix, revision, objects, bytes, since: Instant::now() });
        while lists.len() > 1 && are_too_many(&lists) {
            lists.pop_front();
        }
        self.remembered.notify_one();
    }

    /// The objects of a list that was begun at `revision`.
    pub fn find(&self, prefix: &str, revision: Revision) -> Option<Objects> {
        let lists = self.lists();
        let list = lists.iter().find(|list| list.prefix == prefix && list.revision == revision)?;
        Some(Arc::clone(&list.objects))
    }

    /// Forgets what is too old and returns when the next will be.
    fn forget(&self, now: Instant) -> Option<Instant> {
        let mut lists = self.lists();
        lists.retain(|list| list.since + TIME > now);
        lists.front().map(|list| list.since + TIME)
    }

    fn lists(&self) -> MutexGuard<'_, VecDeque<List>> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Continuations {
    /// Ends the task.
    fn drop(&mut self) {
        self.remembered.notify_one();
    }
}

fn are_too_many(lists: &VecDeque<List>) -> bool {
    lists.len() > LISTS || lists.iter().map(|list| list.bytes).sum::<usize>() > BYTES
}

async fn forget_in_time(continuations: Weak<Continuations>) {
    while let Some(held) = continuations.upgrade() {
        let (due, remembered) = (held.forget(Instant::now()), Arc::clone(&held.remembered));
        drop(held);
        match due {
            Some(due) => tokio::time::sleep_until(due).await,
            None => remembered.notified().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_known(continuations: &Continuations, revision: u64) -> bool {
        continuations.find("a/", Revision(revision)).is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_is_forgotten_in_time() {
        let continuations = Continuations::start();
        let objects = Objects::default();
        let weak = Arc::downgrade(&objects);
        continuations.remember("a/".into(), Revision(1), objects);
        tokio::time::sleep(TIME / 2).await;
        continuations.remember("a/".into(), Revision(2), Objects::default());
        assert!(is_known(&continuations, 1) && is_known(&continuations, 2));
        tokio::time::sleep(TIME / 2 + Duration::from_secs(1)).await;
        assert!(!is_known(&continuations, 1) && is_known(&continuations, 2));
        assert!(weak.upgrade().is_none(), "its objects are gone");
        tokio::time::sleep(TIME).await;
        assert!(!is_known(&continuations, 2));
    }

    #[tokio::test]
    async fn the_oldest_goes_when_there_are_too_many() {
        let continuations = Continuations::default();
        for revision in 0..=LISTS as u64 {
            continuations.remember("a/".into(), Revision(revision), Objects::default());
        }
        assert!(!is_known(&continuations, 0) && is_known(&continuations, 1));
    }

    #[tokio::test]
    async fn the_oldest_go_when_they_hold_too_much_but_the_newest_stays() {
        let continuations = Continuations::default();
        let known = || (1..=4).filter(|revision| is_known(&continuations, *revision)).collect::<Vec<_>>();
        for (revision, bytes, expected) in
            [(1, 1, vec![1]), (2, BYTES / 2, vec![1, 2]), (3, BYTES / 2, vec![3]), (4, 2 * BYTES, vec![4])]
        {
            let stored = format!(r#"{{"data":"{}"}}"#, "x".repeat(bytes));
            let object = Object::new("a/b".into(), stored.as_bytes(), Revision(revision)).unwrap();
            continuations.remember("a/".into(), Revision(revision), Arc::new(vec![Arc::new(object)]));
            assert_eq!(known(), expected, "after {bytes} at {revision}");
        }
    }
}
