//! Reaching into objects and setting what they leave open.

use serde_json::{Map, Value, json};

/// A JSON object: a Kubernetes object or a part of one.
pub type Object = Map<String, Value>;

/// Whether the field has no value: absent, null or the empty string.
#[must_use]
pub fn is_unset(object: &Object, key: &str) -> bool {
    match object.get(key) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    }
}

/// Sets the field if it has no value.
pub fn set_default(object: &mut Object, key: &str, value: impl Into<Value>) {
    if is_unset(object, key) {
        object.insert(key.to_owned(), value.into());
    }
}

/// Sets the field if it has no value or is 0, for fields whose 0 means "not given".
pub fn set_default_number(object: &mut Object, key: &str, value: i64) {
    if is_unset(object, key) || object.get(key).and_then(Value::as_i64) == Some(0) {
        object.insert(key.to_owned(), value.into());
    }
}

/// The object in the field, if there is one.
#[must_use]
pub fn child<'object>(object: &'object mut Object, key: &str) -> Option<&'object mut Object> {
    object.get_mut(key).and_then(Value::as_object_mut)
}

/// The object in the field, made if the field has no value. `None` if the field holds something else.
#[must_use]
pub fn child_or_new<'object>(object: &'object mut Object, key: &str) -> Option<&'object mut Object> {
    set_default(object, key, json!({}));
    child(object, key)
}

/// The objects in the list in the field.
pub fn items<'object>(object: &'object mut Object, key: &str) -> impl Iterator<Item = &'object mut Object> {
    object.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}

/// The text in the field; empty if there is none.
#[must_use]
pub fn text<'object>(object: &'object Object, key: &str) -> &'object str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Whether the field holds a list or an object with something in it.
#[must_use]
pub fn is_filled(object: &Object, key: &str) -> bool {
    match object.get(key) {
        Some(Value::Object(fields)) => !fields.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        _ => false,
    }
}
