//! Watches: the newest events from memory, older ones from the history, joined without a gap.

mod hub;

pub(crate) use hub::Hub;

use crate::{Event, Result, Revision, Watch};
use futures::{
    future::BoxFuture,
    stream::{self, StreamExt},
};
use std::{collections::VecDeque, sync::Arc};
use tokio::sync::watch::Receiver;

/// What a watcher reads at once: it holds no more, however far behind it is.
pub(crate) const PAGE: Bound = Bound { events: 512, bytes: 1 << 20 };

/// A bound on a sequence of events: both hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub events: usize,
    pub bytes: usize,
}

impl Bound {
    /// The first of these events, as far as the bound allows, but one at least: who reads gets on.
    pub(crate) fn first<E>(self, events: impl Iterator<Item = Result<Event, E>>) -> Result<VecDeque<Event>, E> {
        let mut page = VecDeque::new();
        let mut bytes = 0;
        for event in events.take(self.events) {
            let event = event?;
            bytes += event.bytes();
            page.push_back(event);
            if bytes >= self.bytes {
                break;
            }
        }
        Ok(page)
    }
}

/// The past events of a store.
pub(crate) trait History: Send + Sync + 'static {
    /// The first [`PAGE`] of events under `prefix` with `after` < revision <= `until`.
    /// `Error::Compacted` when events after `after` are forgotten.
    fn events<'a>(
        &'a self,
        prefix: &'a str,
        after: Revision,
        until: Revision,
    ) -> BoxFuture<'a, Result<VecDeque<Event>>>;
}

/// The end of a watch that has none.
pub(crate) const NEVER: Revision = Revision(u64::MAX);

/// Watches `prefix` after one revision, until another one.
pub(crate) fn watch(history: Arc<dyn History>, hub: Arc<Hub>, prefix: &str, after: Revision, until: Revision) -> Watch {
    let (newest, prefix) = (hub.subscribe(), prefix.into());
    let watcher = Watcher { history, hub, prefix, seen: after, until, page: VecDeque::new(), newest };
    stream::unfold(Some(watcher), |watcher| async {
        let mut watcher = watcher?;
        match watcher.next().await.transpose()? {
            Ok(event) => Some((Ok(event), Some(watcher))),
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed()
}

/// A place in the sequence of events. Nothing queues up for who does not read on: events wait where they are.
struct Watcher {
    history: Arc<dyn History>,
    hub: Arc<Hub>,
    prefix: Arc<str>,
    /// All events up to this revision have been seen, or were not asked for.
    seen: Revision,
    /// Later events are not asked for.
    until: Revision,
    /// What was read beyond that.
    page: VecDeque<Event>,
    newest: Receiver<Revision>,
}

impl Watcher {
    async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(event) = self.page.pop_front() {
                self.seen = event.revision;
                return Ok(Some(event));
            }
            if self.seen >= self.until {
                return Ok(None);
            }
            let newest = self.until.min(*self.newest.borrow_and_update());
            if self.seen < newest {
                self.read(newest).await?;
            } else {
                // The sender is in the hub that this watcher holds: waiting cannot fail.
                let _ = self.newest.changed().await;
            }
        }
    }

    /// Reads the next page of what happened up to `until`.
    async fn read(&mut self, until: Revision) -> Result<()> {
        self.page = match self.hub.events(&self.prefix, self.seen, until) {
            Some(page) => page,
            None => self.history.events(&self.prefix, self.seen, until).await?,
        };
        if self.page.is_empty() {
            self.seen = until;
        }
        Ok(())
    }
}
