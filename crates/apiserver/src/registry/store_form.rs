//! Objects as the store keeps them: JSON without the resourceVersion, which is the revision of the write itself.

use crate::cache::set_revision;
use machinery::status::Status;
use serde_json::{Map, Value};
use store::{Entry, Revision};

/// How deep objects and lists may lie in each other: `serde_json` reads 128.
const DEEPEST: usize = 127;

/// The JSON that the store keeps of an object, which stays as it is: only the one field goes aside meanwhile, as a copy
/// of the tree costs more than the text.
///
/// What nests deeper than the reader reads is refused: nobody could read it again.
pub fn encode(object: &mut Value) -> Result<Vec<u8>, Status> {
    if is_deeper(object, DEEPEST) {
        let message = format!("objects and lists lie more than {DEEPEST} deep in each other");
        return Err(Status::unprocessable(message));
    }
    let version = metadata(object).and_then(|metadata| metadata.remove("resourceVersion"));
    let json = serde_json::to_vec(object).map_err(Status::internal);
    if let (Some(metadata), Some(version)) = (metadata(object), version) {
        metadata.insert("resourceVersion".into(), version);
    }
    json
}

/// Whether values lie deeper in each other than that. Values that are built here are never much deeper.
fn is_deeper(value: &Value, levels: usize) -> bool {
    match value {
        Value::Object(fields) => levels == 0 || fields.values().any(|value| is_deeper(value, levels - 1)),
        Value::Array(items) => levels == 0 || items.iter().any(|value| is_deeper(value, levels - 1)),
        _ => false,
    }
}

fn metadata(object: &mut Value) -> Option<&mut Map<String, Value>> {
    object.get_mut("metadata")?.as_object_mut()
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_store_gets_all_but_the_version_and_the_object_keeps_it() {
        for (mut object, stored) in [
            (json!({"metadata": {"name": "a", "resourceVersion": "7"}}), r#"{"metadata":{"name":"a"}}"#),
            (json!({"metadata": {"name": "a"}}), r#"{"metadata":{"name":"a"}}"#),
            (json!({"kind": "A"}), r#"{"kind":"A"}"#),
        ] {
            let before = object.clone();
            assert_eq!(encode(&mut object).unwrap(), stored.as_bytes());
            assert_eq!(object, before);
        }
    }
}
