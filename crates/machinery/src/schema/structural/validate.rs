//! What is wrong with a value of a structural schema, in the words of `k8s.io/kube-openapi/pkg/validation/validate`.

use super::Structural;
use crate::field::{Error, ErrorList, Path};
use serde_json::{Number, Value};

impl Structural {
    /// All that is wrong with a value at a path.
    #[must_use]
    pub fn validate(&self, value: &Value, path: &Path) -> ErrorList {
        if value.is_null() && self.nullable {
            return ErrorList::new();
        }
        if let Some(error) = self.type_error(value, path) {
            return vec![error];
        }
        let mut errors = self.enum_error(value, path).into_iter().collect::<ErrorList>();
        match value {
            Value::Object(fields) => {
                let missing = self.required.iter().filter(|name| !fields.contains_key(*name));
                errors.extend(missing.map(|name| Error::required(&path.child(name), "")));
                for (name, value) in fields {
                    if let Some(schema) = self.field(name) {
                        errors.extend(schema.validate(value, &path.child(name)));
                    }
                }
            }
            Value::Array(items) => {
                errors.extend(self.length_error(items.len(), value, path));
                for (index, item) in items.iter().enumerate() {
                    errors.extend(self.items.iter().flat_map(|schema| schema.validate(item, &path.index(index))));
                }
            }
            Value::String(text) => errors.extend(self.text_error(text, path)),
            Value::Number(number) => errors.extend(self.range_error(number, path)),
            _ => {}
        }
        errors
    }

    fn type_error(&self, value: &Value, path: &Path) -> Option<Error> {
        let found = type_of(value);
        let fits = match (self.r#type.as_str(), found) {
            _ if self.int_or_string => matches!(found, "integer" | "string"),
            ("", _) => true,
            (wanted, found) => wanted == found || (wanted, found) == ("number", "integer"),
        };
        let wanted = if self.int_or_string { "integer,string" } else { &self.r#type };
        (!fits).then(|| Error::invalid(path, found, format!("{path} in body must be of type {wanted}: {found:?}")))
    }

    fn enum_error(&self, value: &Value, path: &Path) -> Option<Error> {
        let fits = self.r#enum.is_empty() || self.r#enum.contains(value);
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let supported: Vec<String> = self.r#enum.iter().map(text).collect();
        let supported: Vec<&str> = supported.iter().map(String::as_str).collect();
        (!fits).then(|| Error::not_supported(path, value.clone(), &supported))
    }

    fn length_error(&self, length: usize, value: &Value, path: &Path) -> Option<Error> {
        if let Some(most) = self.max_items.filter(|most| length > *most) {
            return Some(Error::too_many(path, length, most));
        }
        let least = self.min_items.filter(|least| length < *least)?;
        Some(Error::invalid(path, value.clone(), format!("{path} in body should have at least {least} items")))
    }

    fn text_error(&self, text: &str, path: &Path) -> Option<Error> {
        let length = text.chars().count();
        if let Some(most) = self.max_length.filter(|most| length > *most) {
            return Some(Error::invalid(path, text, format!("{path} in body should be at most {most} chars long")));
        }
        let least = self.min_length.filter(|least| length < *least)?;
        Some(Error::invalid(path, text, format!("{path} in body should be at least {least} chars long")))
    }

    fn range_error(&self, number: &Number, path: &Path) -> Option<Error> {
        let value = number.as_f64()?;
        let beyond = |bound: &Option<Number>, is_beyond: fn(f64, f64) -> bool| {
            bound.clone().filter(|bound| bound.as_f64().is_some_and(|bound| is_beyond(value, bound)))
        };
        let low = beyond(&self.minimum, |value, bound| value < bound)
            .map(|bound| format!("greater than or equal to {bound}"));
        let high =
            beyond(&self.maximum, |value, bound| value > bound).map(|bound| format!("less than or equal to {bound}"));
        let bound = low.or(high)?;
        Some(Error::invalid(path, number.clone(), format!("{path} in body should be {bound}")))
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
