//! What kinds' validation needs of metadata beyond `meta::validate`.

use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// All keys and values of an object's annotations together, in bytes.
const MAX_ANNOTATIONS: usize = 256 * 1024;

/// A field that may not change.
pub fn immutable(new: &Value, old: &Value, path: &Path) -> Option<Error> {
    (new != old).then(|| Error::invalid(path, new.clone(), "field is immutable"))
}

/// The annotations of a template.
pub fn annotations(annotations: &BTreeMap<String, String>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for key in annotations.keys() {
        errors.extend(invalid_each(path, key, format::qualified_name(&key.to_lowercase())));
    }
    errors.extend(annotations_size(annotations, path));
    errors
}

/// How much annotations may say.
pub fn annotations_size(annotations: &BTreeMap<String, String>, path: &Path) -> Option<Error> {
    let size: usize = annotations.iter().map(|(key, value)| key.len() + value.len()).sum();
    (size > MAX_ANNOTATIONS).then(|| Error::too_long(path, MAX_ANNOTATIONS))
}
