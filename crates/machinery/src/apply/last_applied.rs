//! The annotation in which `kubectl apply` without `--server-side` notes what it applied. kubectl may change that way
//! of applying without a conflict with its former self (`managedfields/internal/lastappliedmanager.go` and
//! `lastappliedupdater.go`).

use super::{difference::compare, field_set::FieldSet, shape::Shape, walk};
use serde_json::{Map, Value};

/// The manager that the annotation counts for.
pub(super) const KUBECTL: &str = "kubectl";

const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// All annotations together may have so many bytes (`k8s.io/apimachinery/pkg/api/validation/objectmeta.go`).
const ANNOTATIONS_LIMIT: usize = 256 * 1024;

/// The fields that were applied and are still as they were: those that others changed since are not kubectl's.
pub(super) fn fields(live: &Value, shape: Shape<'_>) -> FieldSet {
    let applied = live["metadata"]["annotations"][ANNOTATION].as_str();
    let Some(applied) = applied.and_then(|text| serde_json::from_str::<Value>(text).ok()) else {
        return FieldSet::default();
    };
    if applied["apiVersion"] != live["apiVersion"] {
        return FieldSet::default();
    }
    let difference = compare(&applied, live, shape);
    let mut fields = walk::fields_of(&applied, shape);
    fields.subtract(&difference.changed);
    fields.subtract(&difference.removed);
    fields
}

/// Notes what is applied now in an object that has the annotation; takes it out if it does not fit in.
pub(super) fn note(object: &mut Value, applied: &Value) {
    let Some(annotations) = annotations_of(object) else { return };
    if annotations.get(ANNOTATION).and_then(Value::as_str).is_none_or(str::is_empty) {
        return;
    }
    let mut applied = applied.clone();
    if let Some(annotations) = annotations_of(&mut applied) {
        annotations.remove(ANNOTATION);
    }
    annotations.insert(ANNOTATION.into(), format!("{applied}\n").into());
    let size: usize = annotations.iter().map(|(key, value)| key.len() + value.as_str().unwrap_or_default().len()).sum();
    if size > ANNOTATIONS_LIMIT {
        annotations.remove(ANNOTATION);
    }
}

fn annotations_of(object: &mut Value) -> Option<&mut Map<String, Value>> {
    object.pointer_mut("/metadata/annotations")?.as_object_mut()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::whale;
    use serde_json::json;

    fn whale_with(data: &Value, applied: Option<&Value>) -> Value {
        let mut object = json!({"apiVersion": "v1", "kind": "Whale", "metadata": {"name": "a"}, "data": data});
        if let Some(applied) = applied {
            object["metadata"]["annotations"] = json!({ANNOTATION: format!("{applied}\n")});
        }
        object
    }

    #[test]
    fn what_others_changed_is_not_kubectls() {
        let data = json!({"type": "object", "additionalProperties": {"type": "string"}});
        let kind = whale(&json!({"type": "object", "properties": {"data": data}}));
        let shape = Shape::Struct(kind.definition().unwrap());
        let applied = whale_with(&json!({"a": "1", "b": "1", "c": "1"}), None);
        let live = whale_with(&json!({"a": "1", "b": "2", "d": "1"}), Some(&applied));
        let data = &fields(&live, shape).to_value()["f:data"];
        assert_eq!(data, &json!({"f:a": {}}));
        let other_version = whale_with(&json!({"a": "1"}), Some(&json!({"apiVersion": "v2", "data": {"a": "1"}})));
        for none in [whale_with(&json!({"a": "1"}), None), other_version] {
            assert!(fields(&none, shape).is_empty(), "{none}");
        }
    }

    #[test]
    fn the_annotation_follows_where_there_is_one() {
        let applied = whale_with(&json!({"a": "2"}), None);
        let mut object = whale_with(&json!({}), Some(&json!({})));
        note(&mut object, &applied);
        assert_eq!(object["metadata"]["annotations"][ANNOTATION], format!("{applied}\n"));
        let mut without = whale_with(&json!({}), None);
        note(&mut without, &applied);
        assert_eq!(without, whale_with(&json!({}), None));
        note(&mut object, &whale_with(&json!({"a": "x".repeat(ANNOTATIONS_LIMIT)}), None));
        assert_eq!(object["metadata"]["annotations"], json!({}));
    }
}
