//! Who has set which field of an object: noted at every write (KEP-555).

use super::{Target, WriteOptions};
use api::{
    apply::{self, Writer},
    schema::Definition,
    strategy::Part,
};
use serde_json::Value;

impl WriteOptions {
    /// The writer that `managedFields` names.
    pub(super) fn writer(&self, part: Part) -> Writer<'_> {
        Writer { manager: &self.manager, subresource: part.subresource(), now: jiff::Timestamp::now() }
    }
}

/// Notes who made `new`, in its stored form, out of `old`.
pub(super) fn record(target: &Target, part: Part, old: Option<&Value>, new: &mut Value, options: &WriteOptions) {
    if let Some(definition) = Definition::of(target.kind.storage()) {
        apply::record_update(definition, old, new, options.writer(part));
    }
}
