//! Who has set which field of an object: noted at every write (KEP-555).

use crate::admission::Attributes;
use machinery::apply::{self, Writer};
use serde_json::Value;

/// The writer that `managedFields` names.
pub(super) fn writer<'a>(attributes: &Attributes<'a>) -> Writer<'a> {
    let Attributes { subresource, options, .. } = *attributes;
    Writer { manager: &options.manager, subresource, now: jiff::Timestamp::now() }
}

/// Notes who made `new`, in its working form, out of `old`.
pub(super) fn record(attributes: &Attributes<'_>, old: Option<&Value>, new: &mut Value) {
    if let Some(definition) = attributes.target.working_kind().definition() {
        apply::record_update(definition, old, new, writer(attributes));
    }
}
