//! Ephemeral containers come through a subresource of their own, and nothing else comes through it.

use super::drop_disabled;
use serde_json::Value;

/// Puts back all but `ephemeralContainers`.
pub fn keep_all_but_ephemeral_containers(new: &mut Value, old: &Value) {
    let containers = new["spec"]["ephemeralContainers"].take();
    for field in ["spec", "status"] {
        put_or_remove(new, field, old[field].clone());
    }
    put_or_remove(&mut new["spec"], "ephemeralContainers", containers);
    drop_disabled(&mut new["spec"], &old["spec"]);
}

fn put_or_remove(object: &mut Value, field: &str, value: Value) {
    if !value.is_null() {
        object[field] = value;
    } else if let Some(fields) = object.as_object_mut() {
        fields.remove(field);
    }
}

#[cfg(test)]
mod tests {
    use super::keep_all_but_ephemeral_containers;
    use serde_json::{Value, json};

    #[test]
    fn only_ephemeral_containers_change() {
        let old = json!({"spec": {"nodeName": "a"}, "status": {"phase": "Running"}});
        let mut new = json!({"spec": {"nodeName": "b", "ephemeralContainers": [{"name": "e"}]}, "status": {}});
        keep_all_but_ephemeral_containers(&mut new, &old);
        let mut expected: Value = old;
        expected["spec"]["ephemeralContainers"] = json!([{"name": "e"}]);
        assert_eq!(new, expected);
    }
}
