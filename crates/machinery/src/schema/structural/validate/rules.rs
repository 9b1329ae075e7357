//! Value validation: bounds, patterns, enumerations, and rules that are put together of others.

use super::{
    super::{Rules, Structural},
    formats,
    pattern::pattern,
};
use crate::field::{Error, ErrorList, Path};
use serde_json::{Map, Value};

impl Structural {
    /// What is wrong with a value beside its type and what is below it.
    pub(super) fn rule_errors(&self, value: &Value, path: &Path) -> ErrorList {
        let Some(rules) = self.rules.as_deref() else { return ErrorList::new() };
        let mut errors: ErrorList = rules.enum_error(value, path).into_iter().collect();
        match value {
            Value::Object(fields) => errors.extend(rules.field_errors(fields, path)),
            Value::Array(items) => errors.extend(rules.length_error(items.len(), value, path)),
            Value::String(text) => errors.extend(rules.text_errors(text, path)),
            Value::Number(_) => errors.extend(rules.number_errors(value, path)),
            _ => {}
        }
        errors.extend(rules.junctor_errors(value, path));
        errors
    }
}

impl Rules {
    fn enum_error(&self, value: &Value, path: &Path) -> Option<Error> {
        if self.r#enum.is_empty() || self.r#enum.contains(value) {
            return None;
        }
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let supported: Vec<String> = self.r#enum.iter().map(text).collect();
        let supported: Vec<&str> = supported.iter().map(String::as_str).collect();
        Some(Error::not_supported(path, value.clone(), &supported))
    }

    fn field_errors(&self, fields: &Map<String, Value>, path: &Path) -> ErrorList {
        let missing = self.required.iter().filter(|name| !fields.contains_key(*name));
        let mut errors: ErrorList = missing.map(|name| Error::required(&path.child(name), "")).collect();
        let count = fields.len();
        if let Some(most) = self.max_properties.filter(|most| count > *most) {
            errors.push(Error::too_many(path, count, most));
        }
        if let Some(least) = self.min_properties.filter(|least| count < *least) {
            let text = format!("{path} in body should have at least {least} properties");
            errors.push(Error::invalid(path, Value::Object(fields.clone()), text));
        }
        errors
    }

    fn length_error(&self, length: usize, value: &Value, path: &Path) -> Option<Error> {
        if let Some(most) = self.max_items.filter(|most| length > *most) {
            return Some(Error::too_many(path, length, most));
        }
        let least = self.min_items.filter(|least| length < *least)?;
        Some(Error::invalid(path, value.clone(), format!("{path} in body should have at least {least} items")))
    }

    fn text_errors(&self, text: &str, path: &Path) -> ErrorList {
        let mut errors = ErrorList::new();
        let length = text.chars().count();
        if let Some(most) = self.max_length.filter(|most| length > *most) {
            errors.push(Error::too_long(path, most));
        }
        if let Some(least) = self.min_length.filter(|least| length < *least) {
            errors.push(Error::invalid(path, text, format!("{path} in body should be at least {least} chars long")));
        }
        // What is no regular expression was refused where the kind was defined.
        if !self.pattern.is_empty() && !pattern(&self.pattern).is_ok_and(|pattern| pattern.is_match(text)) {
            errors.push(Error::invalid(path, text, format!("{path} in body should match '{}'", self.pattern)));
        }
        if !formats::fits(&self.format, text) {
            let wanted = format!("{path} in body must be of type {}: {text:?}", self.format);
            errors.push(Error::type_invalid(path, text, wanted));
        }
        errors
    }

    fn number_errors(&self, value: &Value, path: &Path) -> ErrorList {
        let Some(number) = value.as_f64() else { return ErrorList::new() };
        let low = self.minimum.filter(|bound| number < *bound || (self.exclusive_minimum && number <= *bound));
        let high = self.maximum.filter(|bound| number > *bound || (self.exclusive_maximum && number >= *bound));
        let divisor = self.multiple_of.filter(|divisor| *divisor > 0.0 && !is_multiple(value, number, *divisor));
        let comparison = |word: &str, exclusive| format!("{word} than{}", if exclusive { "" } else { " or equal to" });
        let faults = [
            low.map(|bound| format!("{} {bound}", comparison("greater", self.exclusive_minimum))),
            high.map(|bound| format!("{} {bound}", comparison("less", self.exclusive_maximum))),
            divisor.map(|divisor| format!("a multiple of {divisor}")),
        ];
        let error = |fault| Error::invalid(path, value.clone(), format!("{path} in body should be {fault}"));
        faults.into_iter().flatten().map(error).collect()
    }

    fn junctor_errors(&self, value: &Value, path: &Path) -> ErrorList {
        let count = |schemas: &[Structural]| schemas.iter().filter(|schema| schema.admits(value)).count();
        let mut faults = Vec::new();
        if !self.any_of.is_empty() && count(&self.any_of) == 0 {
            faults.push(format!("{:?} must validate at least one schema (anyOf)", path.to_string()));
        }
        match count(&self.one_of) {
            _ if self.one_of.is_empty() => {}
            1 => {}
            found => {
                let what =
                    if found == 0 { "Found none valid".into() } else { format!("Found {found} valid alternatives") };
                let path = path.to_string();
                faults.push(format!("{path:?} must validate one and only one schema (oneOf). {what}"));
            }
        }
        let valid = count(&self.all_of);
        if valid < self.all_of.len() {
            let none = if valid == 0 { ". None validated" } else { "" };
            faults.push(format!("{:?} must validate all the schemas (allOf){none}", path.to_string()));
        }
        if self.not.as_ref().is_some_and(|schema| schema.admits(value)) {
            faults.push(format!("{:?} must not validate the schema (not)", path.to_string()));
        }
        faults.into_iter().map(|fault| Error::invalid(path, value.clone(), fault)).collect()
    }
}

/// Whether a number is a multiple of another. Integers are exactly, or not; of others so little may be left as is lost where
/// they are written in powers of two (`MultipleOf` there, `IsFloat64AJSONInteger` of `github.com/go-openapi/swag/conv`).
fn is_multiple(value: &Value, number: f64, divisor: f64) -> bool {
    const TOLERANCE: f64 = 1e-9;
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    if let (Some(integer), true) = (value.as_i64(), divisor.fract() == 0.0 && divisor <= LARGEST) {
        #[expect(clippy::cast_possible_truncation, reason = "it is a whole number of less than 54 bits")]
        let divisor = divisor as i64;
        return integer % divisor == 0;
    }
    let quotient = if divisor < 1.0 { 1.0 / divisor * number } else { number / divisor };
    let rest = (quotient - quotient.round()).abs();
    quotient.abs() <= LARGEST && (rest == 0.0 || rest < TOLERANCE * quotient.round().abs())
}
