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

/// More errors of one object are not told.
pub const MOST_ERRORS: usize = 1000;

/// Errors, up to so many.
struct Found {
    errors: ErrorList,
    most: usize,
}

impl Found {
    fn at_most(most: usize) -> Self {
        Self { errors: ErrorList::new(), most }
    }

    fn is_full(&self) -> bool {
        self.errors.len() >= self.most
    }

    /// Adds errors; those for which there is no room are not even made.
    fn extend(&mut self, errors: impl IntoIterator<Item = Error>) {
        let room = self.most.saturating_sub(self.errors.len());
        self.errors.extend(errors.into_iter().take(room));
    }
}

impl Structural {
    /// What is wrong with an object of a kind. What is as it was in its predecessor is not looked at: rules may have
    /// become stricter since (KEP-4008).
    #[must_use]
    pub fn validate_object(&self, object: &Value, old: Option<&Value>) -> ErrorList {
        self.faults(object, old, &Path::root(), MOST_ERRORS)
    }

    /// What is wrong with a value at a path.
    #[must_use]
    pub fn validate_at(&self, value: &Value, path: &Path) -> ErrorList {
        self.faults(value, None, path, MOST_ERRORS)
    }

    /// Whether a value is what a part of a rule wants.
    fn admits(&self, value: &Value) -> bool {
        self.faults(value, None, &Path::new("x"), 1).is_empty()
    }

    fn faults(&self, value: &Value, old: Option<&Value>, path: &Path, most: usize) -> ErrorList {
        let mut found = Found::at_most(most);
        self.validate(value, old, path, &mut found);
        found.errors
    }

    /// What is wrong with a value that was another.
    fn validate(&self, value: &Value, old: Option<&Value>, path: &Path, found: &mut Found) {
        if found.is_full() || old == Some(value) || (value.is_null() && self.nullable) {
            return;
        }
        if let Some(error) = self.type_error(value, path) {
            found.extend([error]);
            return;
        }
        found.extend(self.rule_errors(value, path));
        match value {
            Value::Object(fields) => self.validate_fields(fields, old, path, found),
            Value::Array(items) => self.validate_items(items, old, path, found),
            _ => {}
        }
    }

    fn validate_fields(&self, fields: &Map<String, Value>, old: Option<&Value>, path: &Path, found: &mut Found) {
        found.extend(self.resource_errors(fields, path));
        for (name, value) in fields {
            if found.is_full() {
                break;
            }
            if let Some(schema) = self.field(name) {
                let old = old.and_then(|old| old.get(name));
                schema.validate(value, old, &path.child(name), found);
            }
        }
    }

    fn validate_items(&self, items: &[Value], old: Option<&Value>, path: &Path, found: &mut Found) {
        found.extend(self.list_errors(items, path));
        let Some(schema) = self.items() else { return };
        let former = self.former_items(old);
        for (index, item) in items.iter().enumerate() {
            if found.is_full() {
                break;
            }
            schema.validate(item, former.same_as(item), &path.index(index), found);
        }
    }

    fn type_error(&self, value: &Value, path: &Path) -> Option<Error> {
        let found = type_of(value);
        let fits = match (self.type_name(), found) {
            _ if self.int_or_string => matches!(found, "integer" | "string"),
            ("", _) => true,
            ("integer", "number") => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            (wanted, found) => wanted == found || (wanted, found) == ("number", "integer"),
        };
        if fits {
            return None;
        }
        let wanted = if self.int_or_string { "integer,string" } else { self.type_name() };
        Some(Error::type_invalid(path, found, format!("{path} in body must be of type {wanted}: {found:?}")))
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
