//! The newest changes of a collection, for watches that follow it and for those that resume.

use super::change::Change;
use std::{collections::VecDeque, sync::Arc};
use store::Revision;

/// How many changes are kept at most, and how many bytes they may hold.
const BUSY: (usize, usize) = (1024, 4 << 20);
/// The same when nothing has changed for a while: who resumes then may as well ask the store.
const AT_REST: (usize, usize) = (64, 128 << 10);

/// The newest changes: a watch that falls behind them has to resume.
pub(super) struct Window {
    changes: VecDeque<Arc<Change>>,
    bytes: usize,
    /// Every change after this revision is here.
    start: Revision,
}

/// What follows a revision.
pub(super) enum Next {
    /// This change.
    Change(Arc<Change>),
    /// Nothing yet.
    Nothing,
    /// That is no longer known here.
    Forgotten,
}

impl Window {
    pub(super) fn new(start: Revision) -> Self {
        Self { changes: VecDeque::new(), bytes: 0, start }
    }

    /// The revision of the newest change, or where the window began.
    pub(super) fn newest(&self) -> Revision {
        self.changes.back().map_or(self.start, |change| change.object.revision)
    }

    pub(super) fn push(&mut self, change: Arc<Change>) {
        self.bytes += change.bytes();
        self.changes.push_back(change);
        self.keep(BUSY);
    }

    /// Keeps little, as nothing has changed for a while.
    pub(super) fn rest(&mut self) {
        self.keep(AT_REST);
        self.changes.shrink_to_fit();
    }

    fn keep(&mut self, (changes, bytes): (usize, usize)) {
        while self.changes.len() > changes || self.bytes > bytes {
            let Some(oldest) = self.changes.pop_front() else { break };
            self.bytes -= oldest.bytes();
            self.start = oldest.object.revision;
        }
    }

    /// Every change after this revision is here.
    pub(super) fn start(&self) -> Revision {
        self.start
    }

    /// Whether every change after `revision` is here.
    pub(super) fn covers(&self, revision: Revision) -> bool {
        revision >= self.start
    }

    /// What follows `revision`.
    pub(super) fn after(&self, revision: Revision) -> Next {
        if !self.covers(revision) {
            return Next::Forgotten;
        }
        let next = self.changes.partition_point(|change| change.object.revision <= revision);
        self.changes.get(next).map_or(Next::Nothing, |change| Next::Change(Arc::clone(change)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{ChangeKind, Object};
    use bytes::Bytes;

    fn change(revision: u64, bytes: usize) -> Arc<Change> {
        let json = Bytes::from(vec![b' '; bytes]);
        let object =
            Object { key: "core/pods/a/b".into(), revision: Revision(revision), json, selectable: Box::default() };
        Arc::new(Change::new(ChangeKind::Added, Arc::new(object), None))
    }

    #[test]
    fn changes_are_bounded_in_number_and_bytes() {
        for (count, bytes) in [(3000, 1), (200, 50_000), (3, 3 << 20)] {
            let mut window = Window::new(Revision(1));
            for revision in 2..count + 2 {
                window.push(change(revision, bytes));
            }
            for bound in [BUSY, AT_REST] {
                assert!(window.changes.len() <= bound.0 && window.bytes <= bound.1, "{count} of {bytes}");
                assert_eq!(window.bytes, window.changes.iter().map(|change| change.bytes()).sum::<usize>());
                assert!(!window.covers(Revision(1)) && window.covers(Revision(count + 1)));
                window.rest();
            }
        }
    }

    #[test]
    fn each_revision_is_followed_by_the_next_change() {
        let mut window = Window::new(Revision(3));
        assert_eq!(window.newest(), Revision(3));
        for revision in [5, 8] {
            window.push(change(revision, 1));
        }
        for (revision, expected) in [(3, Some(5)), (4, Some(5)), (5, Some(8)), (7, Some(8)), (8, None), (9, None)] {
            match window.after(Revision(revision)) {
                Next::Change(change) => assert_eq!(Some(change.object.revision.0), expected, "after {revision}"),
                Next::Nothing => assert_eq!(None, expected, "after {revision}"),
                Next::Forgotten => panic!("{revision} is known"),
            }
        }
        assert!(matches!(window.after(Revision(2)), Next::Forgotten));
        assert_eq!(window.newest(), Revision(8));
    }
}
