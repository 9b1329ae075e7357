//! WATCH: the changes of a collection, as one selection of objects sees them.

use super::{Registry, Target, selection::Selectors};
use crate::{
    cache::{Cache, Change, ChangeKind, Changes, Object},
    options::{ListOptions, Version},
};
use api::status::Status;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use store::Revision;
use tokio::time::Instant;

/// How often a quiet watch is told how far it has come
/// (`defaultBookmarkFrequency` of `k8s.io/apiserver/pkg/storage/cacher/cacher.go`).
const BOOKMARKS: Duration = Duration::from_mins(1);

/// What a watch says.
#[derive(Debug, Clone)]
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
    ready: VecDeque<WatchEvent>,
    changes: Changes,
    /// Changes up to this revision are part of the initial events.
    after: Revision,
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
        let (ready, changes, after) = if begin_with_state {
            let after = self.cache.revision();
            let (objects, changes) = self.cache.collection(&collection).list_and_watch(&target.prefix());
            // The objects may be newer than `after`: their own changes are not told twice.
            let newest = objects.iter().map(|object| object.revision).max().unwrap_or(after).max(after);
            let mut ready: VecDeque<_> =
                objects.into_iter().filter(|object| selectors.match_object(object)).map(WatchEvent::Added).collect();
            if options.send_initial_events == Some(true) && options.allow_bookmarks {
                ready.push_back(WatchEvent::Bookmark { revision: newest, initial_events_end: true });
            }
            (ready, changes, newest)
        } else {
            let after = match options.version {
                Version::NotOlderThan(revision) | Version::Exact(revision) => Revision(revision),
                Version::MostRecent | Version::Any => self.cache.revision(),
            };
            (VecDeque::new(), self.cache.watch(&collection, after), after)
        };
        let now = Instant::now();
        Ok(WatchStream {
            cache: Arc::clone(&self.cache),
            selectors: selectors.in_namespace(&target.namespace),
            ready,
            changes,
            after,
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
            if self.ended {
                return None;
            }
            let wake = self.bookmarks.unwrap_or(self.deadline).min(self.deadline);
            tokio::select! {
                change = self.changes.next() => match change {
                    Some(Ok(change)) => self.tell(&change),
                    Some(Err(error)) => {
                        self.ended = true;
                        self.ready.push_back(WatchEvent::Error(broken_off(&error)));
                    }
                    None => self.ended = true,
                },
                () = tokio::time::sleep_until(wake) => self.tick(),
            }
        }
    }

    fn tell(&mut self, change: &Change) {
        if change.object.revision > self.after {
            self.ready.extend(self.selectors.see(change));
        }
    }

    fn tick(&mut self) {
        if Instant::now() >= self.deadline {
            self.ended = true;
        }
        if self.bookmarks.is_some() && self.changes.is_live() {
            // Read before what waits in the channel is drained: everything up to it is there by now.
            let revision = self.cache.revision();
            while let Some(change) = self.changes.next_ready() {
                self.tell(&change);
            }
            self.ready.push_back(WatchEvent::Bookmark { revision, initial_events_end: false });
            self.bookmarks = Some(Instant::now() + BOOKMARKS);
        }
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
            (true, false) => Some(WatchEvent::Deleted(object())),
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
