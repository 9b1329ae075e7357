//! One object in another version of its kind.

use crate::{kind::Kind, serializer};
use serde_json::Value;

/// The object as one of `kind`, which is another version of what it is, or the same. Most versions of a kind differ in
/// nothing but their name.
#[must_use]
pub fn convert(mut object: Value, kind: &Kind) -> Value {
    let to = kind.api_version();
    let from = object["apiVersion"].as_str().unwrap_or_default().to_owned();
    if from != to {
        (kind.behaviour.convert)(&mut object, &from, &to);
        object["apiVersion"] = to.into();
    }
    object
}

/// A stored object as one of `kind`, as clients see it: what the kind's schema does not know is gone, what it has a
/// default for is there, whatever it said when the object was written.
#[must_use]
pub fn present(object: Value, kind: &Kind) -> Value {
    let mut object = convert(object, kind);
    if let (Some(schema), Some(definition)) = (kind.structural(), kind.definition()) {
        // What cannot be read was read when it was written; it is shown as it is.
        let _ = serializer::conform(&mut object, definition);
        schema.default(&mut object);
    }
    object
}
