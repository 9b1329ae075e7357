//! Texts that must not be empty.

use machinery::field::{Error, ErrorList, Path};

/// The fields that are empty.
pub fn required(fields: &[(&str, &str)], path: &Path) -> ErrorList {
    let missing = fields.iter().filter(|(_, value)| value.is_empty());
    missing.map(|(field, _)| Error::required(&path.child(field), "")).collect()
}
