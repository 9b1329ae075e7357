//! What of an object selectors can look at: kept beside its text, which need not be parsed for them.

use api::kinds;
use machinery::kind::Kind;
use serde_json::{Value, json};

/// The part of an object that selectors can look at: its names, its labels, the fields that its kind allows.
pub fn of(key: &str, object: &Value) -> Value {
    let metadata = &object["metadata"];
    let mut part = json!({"metadata": {"name": metadata["name"], "namespace": metadata["namespace"], "labels": metadata["labels"]}});
    for field in kind_of(key).and_then(|kind| kind.behaviour.selectable.as_deref()).into_iter().flatten() {
        field.copy(object, &mut part);
    }
    part
}

/// The stored kind of the collection that a key lies in.
fn kind_of(key: &str) -> Option<&'static Kind> {
    let mut parts = key.split('/');
    let (group, plural) = (parts.next()?, parts.next()?);
    let group = if group == "core" { "" } else { group };
    kinds::all().iter().find(|kind| kind.group == group && kind.plural == plural)
}
