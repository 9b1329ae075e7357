//! Objects as the store keeps them: JSON without the resourceVersion, which is the revision of the write itself.

use crate::cache::set_revision;
use api::status::Status;
use serde_json::Value;
use store::{Entry, Revision};

/// The JSON that the store keeps of an object.
pub fn encode(object: &Value) -> Result<Vec<u8>, Status> {
    let mut object = object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("resourceVersion");
    }
    serde_json::to_vec(&object).map_err(Status::internal)
}

/// The object that the store keeps, and the revision that it has.
pub fn decode(entry: &Entry) -> Result<(Value, Revision), Status> {
    let object = serde_json::from_slice(&entry.value).map_err(Status::internal)?;
    Ok((at(object, entry.modified), entry.modified))
}

/// An object with its new resourceVersion.
pub fn at(mut object: Value, revision: Revision) -> Value {
    set_revision(&mut object, revision);
    object
}
