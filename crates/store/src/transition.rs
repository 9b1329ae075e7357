//! What a write makes of the object that it finds.

use crate::{Entry, Error, Event, Result, Revision, Write};

impl Write {
    /// The event this write becomes at `revision`, if `current` is the object found under its key. `None` when there
    /// is nothing to do: what is to be deleted is absent, as expected.
    pub(crate) fn into_event(self, revision: Revision, current: Option<Entry>) -> Result<Option<Event>> {
        if !self.expect.is_met_by(current.as_ref()) {
            return Err(Error::Conflict { key: self.key, current });
        }
        if self.value.is_none() && current.is_none() {
            return Ok(None);
        }
        Ok(Some(Event { revision, key: self.key, value: self.value, previous: current }))
    }
}
