//! A place in the sequence of a collection's changes. Nothing queues up for who does not read on.

use super::{change::Change, collection::Collection, window::Next};
use futures::{StreamExt, stream::BoxStream};
use std::sync::Arc;
use store::Revision;
use tokio::sync::watch::Receiver;

/// Changes in the order of their revisions.
pub struct Changes {
    collection: Arc<Collection>,
    /// All changes up to this revision were told, or are in `past`.
    seen: Revision,
    newest: Receiver<Revision>,
    /// What is no longer in memory, from the store.
    past: Option<BoxStream<'static, store::Result<Change>>>,
}

impl Changes {
    /// The changes after `seen`, which are in memory.
    pub(super) fn after(collection: Arc<Collection>, seen: Revision) -> Self {
        let newest = collection.subscribe();
        Self { collection, seen, newest, past: None }
    }

    /// The events of the past, which end with revision `start`, and the changes after that, which are in memory.
    pub(super) fn from_store(collection: Arc<Collection>, start: Revision, events: store::Watch) -> Self {
        let past = events.filter_map(|event| async { event.map(|event| Change::from_event(event, None)).transpose() });
        Self { past: Some(past.boxed()), ..Self::after(collection, start) }
    }

    /// The next change; `None` when the reader was too slow and has to resume; an error when the store has none.
    pub async fn next(&mut self) -> Option<store::Result<Arc<Change>>> {
        if let Some(past) = &mut self.past {
            if let Some(change) = past.next().await {
                return Some(change.map(Arc::new));
            }
            self.past = None;
        }
        let change = self.next_live().await?;
        self.seen = change.object.revision;
        Some(Ok(change))
    }

    async fn next_live(&mut self) -> Option<Arc<Change>> {
        loop {
            self.newest.mark_unchanged();
            match self.collection.after(self.seen) {
                Next::Change(change) => return Some(change),
                Next::Forgotten => return None,
                // The sender is in the collection that is held here: waiting cannot fail.
                Next::Nothing => drop(self.newest.changed().await),
            }
        }
    }

    /// Whether every change that is in the collection was told. (Of the store's past this is not known.)
    pub fn are_all_told(&self) -> bool {
        self.past.is_none() && matches!(self.collection.after(self.seen), Next::Nothing)
    }
}
