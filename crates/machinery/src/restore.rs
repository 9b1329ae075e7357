//! Putting back what a write may not change.

use serde_json::Value;

/// Gives a field of `new` the value that it has in `old`, or takes it away if `old` does not have it.
pub fn put_back(new: &mut Value, old: &Value, field: &str) {
    let Some(fields) = new.as_object_mut() else { return };
    match old.get(field) {
        Some(value) => {
            fields.insert(field.to_owned(), value.clone());
        }
        None => {
            fields.remove(field);
        }
    }
}

/// The same for a field of a part of the object.
pub fn put_back_in(new: &mut Value, old: &Value, part: &str, field: &str) {
    let old = old.get(part).cloned().unwrap_or_default();
    if let Some(new) = new.get_mut(part) {
        put_back(new, &old, field);
    }
}

/// Puts back all but the metadata and one field.
pub fn put_back_all_but(new: &mut Value, old: &Value, field: &str) {
    let (metadata, kept) = (new["metadata"].take(), new.get(field).cloned());
    *new = old.clone();
    new["metadata"] = metadata;
    put_back(new, &kept.map(|value| Value::from_iter([(field, value)])).unwrap_or_default(), field);
}
