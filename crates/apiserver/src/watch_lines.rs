//! The events of watches as lines of JSON, each encoded once for all watches that show it in the same form.

use crate::{
    body::{self, ResponseBody},
    negotiation::Form,
    presentation::Presentation,
    registry::{WatchEvent, WatchStream},
};
use bytes::Bytes;
use futures::stream;
use jiff::Timestamp;
use machinery::kind::Kind;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use store::Revision;
use tokio_util::sync::CancellationToken;

/// How many lines are kept: watches that keep up are all at the newest few.
const LINES: usize = 64;
/// How many bytes they may hold.
const BYTES: usize = 512 << 10;

/// The lines that were written last.
#[derive(Default)]
pub struct WatchLines(Mutex<Recent>);

#[derive(Default)]
struct Recent {
    /// The newest first.
    lines: VecDeque<(Shown, Bytes)>,
    bytes: usize,
}

/// What a line says, and how: a revision belongs to one change of one object.
#[derive(Clone, PartialEq)]
struct Shown {
    revision: Revision,
    event: &'static str,
    kind: Kind,
    form: Form,
    with_columns: bool,
    /// A table's row tells ages, in seconds.
    second: i64,
}

impl WatchLines {
    /// The body of a watch, until it ends or the server does.
    pub fn body(
        self: &Arc<Self>,
        events: WatchStream,
        presentation: Presentation,
        shutdown: CancellationToken,
    ) -> ResponseBody {
        let lines = Arc::clone(self);
        body::streamed(stream::unfold((events, true), move |(mut events, first)| {
            let (lines, shutdown, presentation) = (Arc::clone(&lines), shutdown.clone(), presentation.clone());
            async move {
                let event = shutdown.run_until_cancelled(events.next()).await??;
                let presentation = Presentation { now: Timestamp::now(), ..presentation };
                Some((lines.line(&presentation, &event, first), (events, false)))
            }
        }))
    }

    /// The line of an event. `first`: a table's columns are told once.
    fn line(&self, presentation: &Presentation, event: &WatchEvent, first: bool) -> Bytes {
        let Some(shown) = Shown::new(presentation, event, first) else { return presentation.event(event, first) };
        if let Some(line) = self.recent().find(&shown) {
            return line;
        }
        let line = presentation.event(event, first);
        self.recent().remember(shown, line.clone());
        line
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    fn find(&self, shown: &Shown) -> Option<Bytes> {
        self.lines.iter().find(|(known, _)| known == shown).map(|(_, line)| line.clone())
    }

    fn remember(&mut self, shown: Shown, line: Bytes) {
        self.bytes += line.len();
        self.lines.push_front((shown, line));
        while self.lines.len() > LINES || self.bytes > BYTES {
            let Some((_, oldest)) = self.lines.pop_back() else { break };
            self.bytes -= oldest.len();
        }
    }
}

impl Shown {
    /// `None`: what is said only once, to one watch.
    fn new(presentation: &Presentation, event: &WatchEvent, first: bool) -> Option<Self> {
        let (event, object) = match event {
            WatchEvent::Added(object) => ("ADDED", object),
            WatchEvent::Modified(object) => ("MODIFIED", object),
            WatchEvent::Deleted(object) => ("DELETED", object),
            WatchEvent::Bookmark { .. } | WatchEvent::Error(_) => return None,
        };
        let Presentation { kind, form, now } = presentation.clone();
        let (with_columns, second) = match form {
            Form::Table(_) => (first, now.as_second()),
            Form::Object | Form::Metadata => (false, 0),
        };
        Some(Self { revision: object.revision, event, kind, form, with_columns, second })
    }
}
