//! `metav1.ObjectMeta` of objects whose kind need not be known: reading, filling in, timestamps, generated names.

mod validate;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value};

pub use validate::{standard_finalizer, standard_finalizers, validate, validate_update};

/// A text of the metadata; empty if it is not there.
fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object["metadata"][field].as_str().unwrap_or_default()
}

/// `metadata.name`.
#[must_use]
pub fn name(object: &Value) -> &str {
    text(object, "name")
}

/// `metadata.generateName`.
#[must_use]
pub fn generate_name(object: &Value) -> &str {
    text(object, "generateName")
}

/// `metadata.namespace`.
#[must_use]
pub fn namespace(object: &Value) -> &str {
    text(object, "namespace")
}

/// `metadata.uid`.
#[must_use]
pub fn uid(object: &Value) -> &str {
    text(object, "uid")
}

/// `metadata.resourceVersion`.
#[must_use]
pub fn resource_version(object: &Value) -> &str {
    text(object, "resourceVersion")
}

/// `metadata.generation`; 0 if there is none.
#[must_use]
pub fn generation(object: &Value) -> i64 {
    object["metadata"]["generation"].as_i64().unwrap_or_default()
}

/// The value of a label.
#[must_use]
pub fn label<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object["metadata"]["labels"].get(key)?.as_str()
}

/// `metadata.labels`, `metadata.annotations`: the entries of a map of texts.
pub fn entries<'a>(object: &'a Value, field: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let map = object["metadata"][field].as_object();
    map.into_iter().flatten().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
}

/// `metadata.finalizers`.
pub fn finalizers(object: &Value) -> impl Iterator<Item = &str> {
    object["metadata"]["finalizers"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// When the object shall be gone, if it is being deleted.
#[must_use]
pub fn deletion_timestamp(object: &Value) -> Option<Timestamp> {
    text(object, "deletionTimestamp").parse().ok()
}

/// `metadata.deletionGracePeriodSeconds`.
#[must_use]
pub fn deletion_grace_period(object: &Value) -> Option<i64> {
    object["metadata"]["deletionGracePeriodSeconds"].as_i64()
}

/// Sets a field of the metadata; nothing happens if the object is no JSON object.
pub fn set(object: &mut Value, field: &str, value: impl Into<Value>) {
    if let Some(metadata) = metadata_mut(object) {
        metadata.insert(field.to_owned(), value.into());
    }
}

/// Removes fields of the metadata.
pub fn remove(object: &mut Value, fields: &[&str]) {
    if let Some(metadata) = metadata_mut(object) {
        for field in fields {
            metadata.remove(*field);
        }
    }
}

fn metadata_mut(object: &mut Value) -> Option<&mut Map<String, Value>> {
    let metadata = object.as_object_mut()?.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    if metadata.is_null() {
        *metadata = Value::Object(Map::new());
    }
    metadata.as_object_mut()
}

/// `metav1.Time`: RFC 3339 in UTC, whole seconds.
#[must_use]
pub fn time(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `metav1.MicroTime`: RFC 3339 in UTC, microseconds.
#[must_use]
pub fn micro_time(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// A name made of `generateName` and five random characters that spell no word
/// (`k8s.io/apiserver/pkg/storage/names/generate.go`). `random` is a number that is evenly spread over 64 bits.
#[must_use]
pub fn generated_name(base: &str, mut random: u64) -> String {
    const CHARACTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    const SUFFIX: usize = 5;
    const LONGEST_BASE: usize = 63 - SUFFIX;
    let mut name: String = base.chars().take(LONGEST_BASE).collect();
    for _ in 0..SUFFIX {
        let count = CHARACTERS.len() as u64;
        let character = usize::try_from(random % count).ok().and_then(|index| CHARACTERS.get(index));
        name.push(char::from(*character.unwrap_or(&b'x')));
        random /= count;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn fields_are_read_and_missing_ones_are_empty() {
        let object = json!({"metadata": {
            "name": "a", "namespace": "n", "uid": "u", "resourceVersion": "7", "generation": 3,
            "labels": {"app": "x"}, "finalizers": ["f"], "deletionTimestamp": "2026-01-02T03:04:05Z",
            "deletionGracePeriodSeconds": 30,
        }});
        assert_eq!((name(&object), namespace(&object), uid(&object)), ("a", "n", "u"));
        assert_eq!((resource_version(&object), generation(&object)), ("7", 3));
        assert_eq!((label(&object, "app"), label(&object, "b")), (Some("x"), None));
        assert_eq!(entries(&object, "labels").collect::<Vec<_>>(), [("app", "x")]);
        assert_eq!(finalizers(&object).collect::<Vec<_>>(), ["f"]);
        assert_eq!(deletion_timestamp(&object).map(time).as_deref(), Some("2026-01-02T03:04:05Z"));
        assert_eq!(deletion_grace_period(&object), Some(30));

        let empty = json!({});
        assert_eq!((name(&empty), generate_name(&empty), generation(&empty)), ("", "", 0));
        assert_eq!((deletion_timestamp(&empty), finalizers(&empty).count()), (None, 0));
    }

    #[test]
    fn fields_are_set_and_removed_also_where_there_is_no_metadata() {
        let mut object = json!({"metadata": null});
        set(&mut object, "name", "a");
        set(&mut object, "generation", 1);
        remove(&mut object, &["generation", "selfLink"]);
        assert_eq!(object, json!({"metadata": {"name": "a"}}));
    }

    #[test]
    fn times_are_written_in_utc() {
        let instant: Timestamp = "2026-01-02T03:04:05.678901234+01:00".parse().unwrap();
        assert_eq!(time(instant), "2026-01-02T02:04:05Z");
        assert_eq!(micro_time(instant), "2026-01-02T02:04:05.678901Z");
        assert_eq!(micro_time("2026-01-02T03:04:05Z".parse().unwrap()), "2026-01-02T03:04:05.000000Z");
    }

    proptest! {
        #[test]
        fn generated_names_are_five_longer_and_at_most_a_label(base in "[a-z]{1,80}", random: u64) {
            let name = generated_name(&base, random);
            prop_assert_eq!(name.len(), (base.len() + 5).min(63));
            prop_assert!(base.starts_with(&name[..name.len() - 5]));
            prop_assert!(name[name.len() - 5..].bytes().all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte)));
        }
    }
}
