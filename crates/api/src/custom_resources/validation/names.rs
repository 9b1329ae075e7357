//! The names of the resource and of its kind.

use super::label_errors;
use machinery::{
    field::{Error, ErrorList, Path},
    format,
};
use serde_json::Value;

/// Names that a definition cannot be without.
pub fn required(names: &Value, path: &Path) -> ErrorList {
    let missing = |field: &&str| names[*field].as_str().is_none_or(str::is_empty);
    let fields = ["plural", "singular", "kind", "listKind"].into_iter().filter(missing);
    fields.map(|field| Error::required(&path.child(field), "")).collect()
}

/// What is wrong with the names that there are.
pub fn validate(names: &Value, path: &Path) -> ErrorList {
    let text = |field: &str| names[field].as_str().unwrap_or_default();
    let mut errors = ErrorList::new();
    for field in ["plural", "singular"] {
        if !text(field).is_empty() {
            errors.extend(label_errors(text(field), &path.child(field)));
        }
    }
    for field in ["kind", "listKind"] {
        let faults = format::dns1035_label(&text(field).to_lowercase());
        if !text(field).is_empty() && !faults.is_empty() {
            let detail = format!("may have mixed case, but should otherwise match: {}", faults.join(","));
            errors.push(Error::invalid(&path.child(field), text(field), detail));
        }
    }
    errors.extend(each_label(names, "shortNames", path));
    if !text("kind").is_empty() && text("kind") == text("listKind") {
        let detail = "kind and listKind may not be the same";
        errors.push(Error::invalid(&path.child("listKind"), text("listKind"), detail));
    }
    errors.extend(each_label(names, "categories", path));
    errors
}

fn each_label(names: &Value, field: &str, path: &Path) -> ErrorList {
    let list = names[field].as_array().into_iter().flatten().enumerate();
    let errors = |(index, name): (usize, &Value)| {
        label_errors(name.as_str().unwrap_or_default(), &path.child(field).index(index))
    };
    list.flat_map(errors).collect()
}
