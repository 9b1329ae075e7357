//! What is wrong with a value of a structural schema, in the words of `k8s.io/kube-openapi/pkg/validation/validate`.

mod formats;
mod lists;
mod pattern;
mod rules;

pub use formats::is_format;
pub use pattern::pattern;

use super::Structural;
use crate::field::{Error, ErrorList, Path};
use serde_json::{Map, Value};

impl Structural {
    /// All that is wrong with an object of a kind. What is as it was in its predecessor is not looked at: rules may have
    /// become stricter since (KEP-4008).
    #[must_use]
    pub fn validate_object(&self, object: &Value, old: Option<&Value>) -> ErrorList {
        self.validate(object, old, &Path::root())
    }

    /// All that is wrong with a value at a path.
    #[must_use]
    pub fn validate_at(&self, value: &Value, path: &Path) -> ErrorList {
        self.validate(value, None, path)
    }

    /// All that is wrong with a value that was another.
    fn validate(&self, value: &Value, old: Option<&Value>, path: &Path) -> ErrorList {
        if old == Some(value) || (value.is_null() && self.nullable) {
            return ErrorList::new();
        }
        if let Some(error) = self.type_error(value, path) {
            return vec![error];
        }
        let mut errors = self.rule_errors(value, path);
        match value {
            Value::Object(fields) => {
                errors.extend(self.resource_errors(fields, path));
                for (name, value) in fields {
                    if let Some(schema) = self.field(name) {
                        let old = old.and_then(|old| old.get(name));
                        errors.extend(schema.validate(value, old, &path.child(name)));
                    }
                }
            }
            Value::Array(items) => {
                errors.extend(self.list_errors(items, path));
                for (index, item) in items.iter().enumerate() {
                    let Some(schema) = self.items() else { continue };
                    let old = old.and_then(Value::as_array).and_then(|old| self.same_item(item, old));
                    errors.extend(schema.validate(item, old, &path.index(index)));
                }
            }
            _ => {}
        }
        errors
    }

    fn type_error(&self, value: &Value, path: &Path) -> Option<Error> {
        let found = type_of(value);
        let fits = match (self.type_name(), found) {
            _ if self.int_or_string => matches!(found, "integer" | "string"),
            ("", _) => true,
            ("integer", "number") => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            (wanted, found) => wanted == found || (wanted, found) == ("number", "integer"),
        };
        let wanted = if self.int_or_string { "integer,string" } else { self.type_name() };
        let text = format!("{path} in body must be of type {wanted}: {found:?}");
        (!fits).then(|| Error::type_invalid(path, found, text))
    }

    /// Objects in objects say what they are (`pkg/apiserver/schema/objectmeta/validation.go`).
    fn resource_errors(&self, fields: &Map<String, Value>, path: &Path) -> ErrorList {
        let mut errors = ErrorList::new();
        // The root was looked at when it was read.
        if !self.is_resource || *path == Path::root() {
            return errors;
        }
        for name in ["apiVersion", "kind"] {
            if fields.get(name).and_then(Value::as_str).is_none_or(str::is_empty) {
                errors.push(Error::required(&path.child(name), "must not be empty"));
            }
        }
        errors
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests;
