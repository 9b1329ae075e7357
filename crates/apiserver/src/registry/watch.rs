//! WATCH: the changes of a collection, as one selection of objects sees them.

use super::{Registry, Target, selection::Selectors};
use crate::{
    cache::{Cache, Change, ChangeKind, Changes, Object},
    options::{ListOptions, Version},
};
use machinery::status::Status;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use store::Revision;
use tokio::time::Instant;

/// How often a quiet watch is told how far it has come
/// (`defaultBookmarkFrequency` of `k8s.io/apiserver/pkg/storage/cacher/cacher.go`).
const BOOKMARKS: Duration = Duration::from_mins(1);

/// What a watch says.
#[derive(Debug)]
pub enum WatchEvent {
    /// An object came into the selection.
    Added(Arc<Object>),
    /// It changed.
    Modified(Arc<Object>),
    /// It left the selection or is gone.
    Deleted(Arc<Object>),
    /// All changes up to this revision were told.
    Bookmark {
        /// How far.
        revision: Revision,
        /// It ends the initial events.
        initial_events_end: bool,
    },
    /// The watch cannot go on.
    Error(Status),
}

/// The events of one watch.
pub struct WatchStream {
    cache: Arc<Cache>,
    selectors: Selectors,
    /// The initial events.
    ready: VecDeque<WatchEvent>,
    changes: Changes,
    bookmarks: Option<Instant>,
    deadline: Instant,
    ended: bool,
}

impl Registry {
    /// Follows a collection.
    pub async fn watch(
        &self,
        target: &Target,
        options: &ListOptions,
        longest: Duration,
    ) -> Result<WatchStream, Status> {
        let selectors = Selectors::parse(&target.kind, options)?;
        self.reach(options.version).await?;
        let collection = target.collection();
        let begin_with_state =
            options.send_initial_events.unwrap_or(matches!(options.version, Version::MostRecent | Version::Any));
        let (ready, changes) = if begin_with_state {
            // Read first: the objects may be newer, but lack nothing up to it.
            let revision = self.cache.revision();
            let (objects, changes) = self.cache.list_and_watch(&collection, &target.prefix());
            let mut ready: VecDeque<_> =
                objects.into_iter().filter(|object| selectors.match_object(object)).map(WatchEvent::Added).collect();
            if options.send_initial_events == Some(true) && options.allow_bookmarks {
                ready.push_back(WatchEvent::Bookmark { revision, initial_events_end: true });
            }
            (ready, changes)
        } else {
            let after = match options.version {
                Version::NotOlderThan(revision) | Version::Exact(revision) => Revision(revision),
                Version::MostRecent | Version::Any => self.cache.revision(),
            };
            (VecDeque::new(), self.cache.watch(&collection, after))
        };
        let now = Instant::now();
        Ok(WatchStream {
            cache: Arc::clone(&self.cache),
            selectors: selectors.in_namespace(&target.namespace),
            ready,
            changes,
            bookmarks: options.allow_bookmarks.then_some(now + BOOKMARKS),
            deadline: now + options.timeout_seconds.map_or(longest, Duration::from_secs),
            ended: false,
        })
    }
}

impl WatchStream {
    /// The next event; `None` when the watch has ended.
    pub async fn next(&mut self) -> Option<WatchEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            // A watch lasts; its first events should not.
            self.ready = VecDeque::new();
            if self.ended {
                return None;
            }
            let wake = self.bookmarks.unwrap_or(self.deadline).min(self.deadline);
            let event = tokio::select! {
                change = self.changes.next() => match change {
                    Some(Ok(change)) => self.selectors.see(&change),
                    Some(Err(error)) => {
                        self.ended = true;
                        Some(WatchEvent::Error(broken_off(&error)))
                    }
                    None => return None,
                },
                () = tokio::time::sleep_until(wake) => self.tick(),
            };
            if event.is_some() {
                return event;
            }
        }
    }

    fn tick(&mut self) -> Option<WatchEvent> {
        let now = Instant::now();
        self.ended = now >= self.deadline;
        let bookmarks = self.bookmarks.as_mut()?;
        // Read before asking whether all is told: what comes in between makes no hole.
        let revision = self.cache.revision();
        // Whatever comes of it: a time that stays in the past would be slept until again and again.
        *bookmarks = now + BOOKMARKS;
        self.changes.are_all_told().then_some(WatchEvent::Bookmark { revision, initial_events_end: false })
    }
}

impl Selectors {
    /// What a change means for this selection.
    fn see(&self, change: &Change) -> Option<WatchEvent> {
        let object = || Arc::clone(&change.object);
        let is = change.kind != ChangeKind::Deleted && self.match_object(&change.object);
        let was = change.previous.as_ref().is_some_and(|previous| self.match_object(previous));
        match (was, is) {
            (false, true) => Some(WatchEvent::Added(object())),
            (true, true) => Some(WatchEvent::Modified(object())),
            (true, false) => change.left().map(WatchEvent::Deleted),
            (false, false) => None,
        }
    }
}

fn broken_off(error: &store::Error) -> Status {
    match error {
        store::Error::Compacted { oldest } => {
            Status::expired(format!("too old resource version: the oldest that is known is {oldest}"))
        }
        error => Status::internal(error),
    }
}
