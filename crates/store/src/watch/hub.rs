//! The newest events in memory, shared by all who watch.

use super::{Bound, PAGE};
use crate::{Event, Revision};
use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch::{Receiver, Sender};

/// What is kept for watchers that keep up; others read the history.
const RECENT: Bound = Bound { events: 1024, bytes: 512 << 10 };

/// Tells watchers of new events.
pub(crate) struct Hub {
    recent: Mutex<Recent>,
    /// All events up to this revision are in the history.
    newest: Sender<Revision>,
}

struct Recent {
    /// Every event after this revision is here.
    start: Revision,
    events: VecDeque<Event>,
    bytes: usize,
}

impl Hub {
    pub(crate) fn new(revision: Revision) -> Self {
        let recent = Recent { start: revision, events: VecDeque::new(), bytes: 0 };
        Self { recent: Mutex::new(recent), newest: Sender::new(revision) }
    }

    pub(crate) fn revision(&self) -> Revision {
        *self.newest.borrow()
    }

    /// Tells watchers of `events`, which must be in the history already.
    pub(crate) fn publish(&self, events: &[Event]) {
        let Some(last) = events.last() else { return };
        self.recent().extend(events);
        self.newest.send_replace(last.revision);
    }

    /// Forgets the events before revision `oldest`, as the history did.
    pub(crate) fn forget(&self, oldest: Revision) {
        let mut recent = self.recent();
        while recent.events.front().is_some_and(|event| event.revision < oldest) {
            recent.drop_oldest();
        }
    }

    /// The newest revision, as it grows.
    pub(super) fn subscribe(&self) -> Receiver<Revision> {
        self.newest.subscribe()
    }

    /// The first page of events under `prefix` with `after` < revision <= `until`; `None` if some of them are no
    /// longer here.
    pub(super) fn events(&self, prefix: &str, after: Revision, until: Revision) -> Option<VecDeque<Event>> {
        let recent = self.recent();
        if after < recent.start {
            return None;
        }
        let first = recent.events.partition_point(|event| event.revision <= after);
        let wanted = recent.events.range(first..).take_while(|event| event.revision <= until);
        let wanted = wanted.filter(|event| event.key.starts_with(prefix));
        PAGE.first(wanted.map(|event| Ok::<_, Infallible>(event.clone()))).ok()
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    fn extend(&mut self, events: &[Event]) {
        for event in events {
            self.bytes += event.bytes();
            self.events.push_back(event.clone());
        }
        while self.events.len() > RECENT.events || self.bytes > RECENT.bytes {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.events.pop_front() {
            self.bytes -= oldest.bytes();
            self.start = oldest.revision;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(revision: u64, bytes: usize) -> Event {
        let value = Some("x".repeat(bytes).into());
        Event { revision: Revision(revision), key: format!("/{revision}"), value, previous: None }
    }

    #[test]
    fn what_is_kept_is_bounded_in_number_and_bytes() {
        for (count, bytes) in [(5000, 10), (100, 100_000), (3, 5 << 20)] {
            let hub = Hub::new(Revision::INITIAL);
            for revision in 2..count + 2 {
                hub.publish(&[event(revision, bytes)]);
            }
            let recent = hub.recent();
            assert!(recent.events.len() <= RECENT.events && recent.bytes <= RECENT.bytes, "{count} of {bytes}");
            assert_eq!(recent.bytes, recent.events.iter().map(Event::bytes).sum::<usize>());
            let oldest = recent.events.front().map_or(Revision(count + 2), |event| event.revision);
            assert_eq!(recent.start.next(), oldest, "{count} of {bytes}");
        }
    }

    #[test]
    fn who_is_behind_what_is_kept_reads_the_history() {
        let hub = Hub::new(Revision(10));
        let revisions = |after, until| {
            let events = hub.events("/", Revision(after), Revision(until))?;
            Some(events.iter().map(|event| event.revision.0).collect::<Vec<_>>())
        };
        hub.publish(&[event(11, 1), event(12, 1), event(13, 1)]);
        for (after, until, expected) in [
            (9, 13, None),
            (10, 13, Some(vec![11, 12, 13])),
            (11, 12, Some(vec![12])),
            (13, 13, Some(vec![])),
            (20, 13, Some(vec![])),
        ] {
            assert_eq!(revisions(after, until), expected, "{after} to {until}");
        }
    }

    #[test]
    fn a_page_is_bounded_and_never_empty_while_there_is_more() {
        for (count, bytes, expected) in [(600, 1, PAGE.events), (100, 300_000, 4), (2, 5 << 20, 1)] {
            let events = (0..count).map(|revision| Ok::<_, Infallible>(event(revision, bytes)));
            assert_eq!(PAGE.first(events).map(|page| page.len()), Ok(expected), "{count} of {bytes}");
        }
    }
}
