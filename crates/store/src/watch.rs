//! Watches: past events from the history, then live ones from the hub, joined without a gap.

use crate::{Event, Result, Revision, Watch};
use futures::{
    future::BoxFuture,
    stream::{self, StreamExt},
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::mpsc;

/// How many live events wait for a slow watcher before it is left to catch up from the history.
const QUEUED_EVENTS: usize = 1024;
/// How many past events are read at once.
const PAGE_EVENTS: usize = 512;

/// The past events of a store.
pub(crate) trait History: Send + Sync + 'static {
    /// The first `limit` events under `prefix` with `after` < revision <= `until`.
    /// `Error::Compacted` when events after `after` are forgotten.
    fn events<'a>(
        &'a self,
        prefix: &'a str,
        after: Revision,
        until: Revision,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Event>>>;
}

/// Hands live events to those who watch.
pub(crate) struct Hub(Mutex<HubState>);

struct HubState {
    /// All events up to this revision are in the history.
    revision: Revision,
    subscribers: Vec<Subscriber>,
}

struct Subscriber {
    prefix: Arc<str>,
    events: mpsc::Sender<Event>,
}

impl Hub {
    pub(crate) fn new(revision: Revision) -> Self {
        Self(Mutex::new(HubState { revision, subscribers: Vec::new() }))
    }

    pub(crate) fn revision(&self) -> Revision {
        self.state().revision
    }

    /// Tells subscribers of `events`, which must be in the history already. One whose queue is full is dropped: its
    /// watch finds the queue's end and goes back to the history.
    pub(crate) fn publish(&self, events: &[Event]) {
        let mut state = self.state();
        let Some(last) = events.last() else { return };
        state.revision = last.revision;
        state.subscribers.retain(|subscriber| {
            let mut wanted = events.iter().filter(|event| event.key.starts_with(&*subscriber.prefix));
            wanted.all(|event| subscriber.events.try_send(event.clone()).is_ok()) && !subscriber.events.is_closed()
        });
    }

    /// A queue of the events under `prefix` after the returned revision.
    fn subscribe(&self, prefix: Arc<str>) -> (Revision, mpsc::Receiver<Event>) {
        let (sender, receiver) = mpsc::channel(QUEUED_EVENTS);
        let mut state = self.state();
        // Watches that ended are noticed here too, so that they do not pile up where nothing is written.
        state.subscribers.retain(|subscriber| !subscriber.events.is_closed());
        state.subscribers.push(Subscriber { prefix, events: sender });
        (state.revision, receiver)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, HubState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Watches `prefix` after a revision.
pub(crate) fn watch(history: Arc<dyn History>, hub: Arc<Hub>, prefix: &str, after: Revision) -> Watch {
    let watcher = Watcher { history, hub, prefix: prefix.into(), seen: after, source: Source::Start };
    stream::unfold(Some(watcher), |watcher| async {
        let mut watcher = watcher?;
        match watcher.next().await {
            Ok(event) => Some((Ok(event), Some(watcher))),
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed()
}

struct Watcher {
    history: Arc<dyn History>,
    hub: Arc<Hub>,
    prefix: Arc<str>,
    /// All events up to this revision have been seen, or were not asked for.
    seen: Revision,
    source: Source,
}

/// Where a watcher's next event comes from.
enum Source {
    Start,
    /// A page of past events; `until` is where the queue of live ones begins.
    Past {
        page: VecDeque<Event>,
        until: Revision,
        live: mpsc::Receiver<Event>,
    },
    Live(mpsc::Receiver<Event>),
}

impl Watcher {
    async fn next(&mut self) -> Result<Event> {
        loop {
            match &mut self.source {
                Source::Start => {
                    let (until, live) = self.hub.subscribe(self.prefix.clone());
                    self.source = Source::Past { page: VecDeque::new(), until, live };
                }
                Source::Past { page, until, .. } => {
                    if let Some(event) = page.pop_front() {
                        self.seen = event.revision;
                        return Ok(event);
                    }
                    let events = self.history.events(&self.prefix, self.seen, *until, PAGE_EVENTS).await?;
                    if events.is_empty() {
                        self.go_live();
                    } else {
                        *page = events.into();
                    }
                }
                Source::Live(events) => match events.recv().await {
                    // An event at or before `seen` was read from the history, or lies before what was asked for.
                    Some(event) if event.revision <= self.seen => {}
                    Some(event) => {
                        self.seen = event.revision;
                        return Ok(event);
                    }
                    None => self.source = Source::Start,
                },
            }
        }
    }

    fn go_live(&mut self) {
        if let Source::Past { until, live, .. } = std::mem::replace(&mut self.source, Source::Start) {
            self.seen = self.seen.max(until);
            self.source = Source::Live(live);
        }
    }
}
