//! What is told apart and shown of objects: columns, selectable fields, subresources.

use machinery::field::{Error, ErrorList, Path};
use serde_json::Value;

const TYPES: [&str; 5] = ["boolean", "date", "integer", "number", "string"];
const FORMATS: [&str; 9] = ["binary", "byte", "date", "date-time", "double", "float", "int32", "int64", "password"];
/// More fields cannot be selected by.
const MOST_SELECTABLE: usize = 8;
const NOT_SIMPLE: &str = "must be a simple json path starting with .";

/// The columns of a version.
pub fn columns(columns: &Value, path: &Path) -> ErrorList {
    let list = columns.as_array().into_iter().flatten().enumerate();
    list.flat_map(|(index, one)| column(one, &path.index(index))).collect()
}

fn column(column: &Value, path: &Path) -> ErrorList {
    let text = |field: &str| column[field].as_str().unwrap_or_default();
    let mut errors = ErrorList::new();
    if text("name").is_empty() {
        errors.push(Error::required(&path.child("name"), ""));
    }
    match text("type") {
        "" => {
            let detail = format!("must be one of {}", TYPES.join(","));
            errors.push(Error::required(&path.child("type"), detail));
        }
        ty if !TYPES.contains(&ty) => {
            let detail = format!("must be one of {}", TYPES.join(","));
            errors.push(Error::invalid(&path.child("type"), ty, detail));
        }
        _ => {}
    }
    if !text("format").is_empty() && !FORMATS.contains(&text("format")) {
        let detail = format!("must be one of {}", FORMATS.join(","));
        errors.push(Error::invalid(&path.child("format"), text("format"), detail));
    }
    errors.extend(simple_path(text("jsonPath"), &path.child("jsonPath")));
    errors
}

/// A path of a column. Whether it can be read does not matter: if not, the column is empty.
fn simple_path(text: &str, path: &Path) -> Option<Error> {
    match text {
        "" => Some(Error::required(path, "")),
        text => (!text.starts_with('.')).then(|| Error::invalid(path, text, NOT_SIMPLE)),
    }
}

/// The fields of a version that objects can be selected by: scalars of the schema, of no list.
pub fn selectable(fields: &Value, schema: &Value, path: &Path) -> ErrorList {
    let Some(fields) = fields.as_array() else { return ErrorList::new() };
    let mut errors = ErrorList::new();
    if fields.len() > MOST_SELECTABLE {
        errors.push(Error::too_many(path, fields.len(), MOST_SELECTABLE));
    }
    for (index, field) in fields.iter().enumerate() {
        let place = path.index(index).child("jsonPath");
        let text = field["jsonPath"].as_str().unwrap_or_default();
        if text.is_empty() {
            errors.push(Error::required(&place, ""));
        } else if !text.starts_with('.') || text.contains(['[', '*']) {
            errors.push(Error::invalid(&place, text, "is an invalid path: only simple paths are allowed"));
        } else if let Some(fault) = scalar_fault(schema, text) {
            errors.push(Error::invalid(&place, text, fault));
        } else if fields[..index].iter().any(|other| other["jsonPath"] == text) {
            errors.push(Error::duplicate(&place, text));
        }
    }
    errors
}

/// Why a path does not lead to a scalar of a schema.
fn scalar_fault(schema: &Value, text: &str) -> Option<&'static str> {
    let mut steps = text.split('.').skip(1);
    let first = steps.next().unwrap_or_default();
    if first == "metadata" {
        return Some("must not point to fields in metadata");
    }
    let below = [first].into_iter().chain(steps).try_fold(schema, |schema, step| schema["properties"].get(step));
    match below.map(|schema| schema["type"].as_str().unwrap_or_default()) {
        None => Some("is an invalid path: does not refer to a valid field"),
        Some("string" | "integer" | "boolean") => None,
        Some(_) => Some(
            "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.",
        ),
    }
}

/// The subresources of a version.
pub fn subresources(subresources: &Value, path: &Path) -> ErrorList {
    let scale = &subresources["scale"];
    if !scale.is_object() {
        return ErrorList::new();
    }
    let path = path.child("scale");
    let mut errors = ErrorList::new();
    for (field, root, required) in [
        ("specReplicasPath", ".spec.", true),
        ("statusReplicasPath", ".status.", true),
        ("labelSelectorPath", "", false),
    ] {
        let text = scale[field].as_str().unwrap_or_default();
        let place = path.child(field);
        let below =
            text.starts_with(root) && (!root.is_empty() || text.starts_with(".spec.") || text.starts_with(".status."));
        let what = if root.is_empty() {
            "should be a json path under either .spec or .status".into()
        } else {
            format!("should be a json path under {}", root.trim_end_matches('.'))
        };
        match text {
            "" if required => errors.push(Error::required(&place, "")),
            "" => {}
            text if text.contains(['[', '*', ' ']) => {
                errors.push(Error::invalid(&place, text, "should be a simple json path"));
            }
            text if !below => errors.push(Error::invalid(&place, text, what)),
            _ => {}
        }
    }
    errors
}
