//! One thing wrong with one field, and its text.

use super::Path;
use serde_json::Value;
use std::{collections::HashSet, fmt};

/// What kind of mistake a field error reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorType {
    NotFound,
    Required,
    Duplicate,
    Invalid,
    NotSupported,
    Forbidden,
    TooLong,
    TooMany,
    Internal,
    TypeInvalid,
}

impl ErrorType {
    /// The machine-readable reason of a cause in `Status.details.causes`.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotFound => "FieldValueNotFound",
            Self::Required => "FieldValueRequired",
            Self::Duplicate => "FieldValueDuplicate",
            Self::Invalid => "FieldValueInvalid",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Forbidden => "FieldValueForbidden",
            Self::TooLong => "FieldValueTooLong",
            Self::TooMany => "FieldValueTooMany",
            Self::Internal => "InternalError",
            Self::TypeInvalid => "FieldValueTypeInvalid",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::NotFound => "Not found",
            Self::Required => "Required value",
            Self::Duplicate => "Duplicate value",
            Self::Invalid | Self::TypeInvalid => "Invalid value",
            Self::NotSupported => "Unsupported value",
            Self::Forbidden => "Forbidden",
            Self::TooLong => "Too long",
            Self::TooMany => "Too many",
            Self::Internal => "Internal error",
        }
    }

    fn shows_value(self) -> bool {
        !matches!(self, Self::Required | Self::Forbidden | Self::TooLong | Self::Internal)
    }

    /// Whether rules cannot reckon with an object that is wrong like this.
    pub(crate) fn keeps_rules_from_running(self) -> bool {
        matches!(self, Self::NotSupported | Self::Required | Self::TooLong | Self::TooMany | Self::TypeInvalid)
    }
}

/// A field's error. `Display` is the whole text: `spec.replicas: Invalid value: -1: must be …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    pub error_type: ErrorType,
    /// The path of the field, as `Path` writes it.
    pub field: String,
    /// The value found; not shown for types that say nothing about a value.
    pub bad_value: Value,
    /// What a good value would be; may be empty.
    pub detail: String,
    /// Whether the value is too large to be shown.
    pub omits_value: bool,
}

/// All errors found in an object; empty if it is valid.
pub type ErrorList = Vec<Error>;

impl Error {
    fn new(error_type: ErrorType, field: &Path, bad_value: impl Into<Value>, detail: impl Into<String>) -> Self {
        Self {
            error_type,
            field: field.to_string(),
            bad_value: bad_value.into(),
            detail: detail.into(),
            omits_value: false,
        }
    }

    /// The field refers to something that does not exist.
    #[must_use]
    pub fn not_found(field: &Path, value: impl Into<Value>) -> Self {
        Self::new(ErrorType::NotFound, field, value, "")
    }

    /// The field must be set and not be empty.
    #[must_use]
    pub fn required(field: &Path, detail: impl Into<String>) -> Self {
        Self::new(ErrorType::Required, field, "", detail)
    }

    /// The value may occur only once.
    #[must_use]
    pub fn duplicate(field: &Path, value: impl Into<Value>) -> Self {
        Self::new(ErrorType::Duplicate, field, value, "")
    }

    /// The value is malformed or out of bounds.
    #[must_use]
    pub fn invalid(field: &Path, value: impl Into<Value>, detail: impl Into<String>) -> Self {
        Self::new(ErrorType::Invalid, field, value, detail)
    }

    /// The value is none of those the field may have.
    #[must_use]
    pub fn not_supported(field: &Path, value: impl Into<Value>, supported: &[&str]) -> Self {
        let quoted: Vec<String> = supported.iter().map(|value| quote(value)).collect();
        let detail = if quoted.is_empty() { String::new() } else { format!("supported values: {}", quoted.join(", ")) };
        Self::new(ErrorType::NotSupported, field, value, detail)
    }

    /// The field may not be set, or not be set to this, under these conditions.
    #[must_use]
    pub fn forbidden(field: &Path, detail: impl Into<String>) -> Self {
        Self::new(ErrorType::Forbidden, field, "", detail)
    }

    /// The value has more than `max` bytes.
    #[must_use]
    pub fn too_long(field: &Path, max: usize) -> Self {
        let unit = if max == 1 { "byte" } else { "bytes" };
        Self::new(ErrorType::TooLong, field, "", format!("may not be more than {max} {unit}"))
    }

    /// The list has `actual` items where at most `max` are allowed.
    #[must_use]
    pub fn too_many(field: &Path, actual: usize, max: usize) -> Self {
        let unit = if max == 1 { "item" } else { "items" };
        Self::new(ErrorType::TooMany, field, actual, format!("must have at most {max} {unit}"))
    }

    /// The object could not be examined, through no fault of its author.
    #[must_use]
    pub fn internal(field: &Path, detail: impl Into<String>) -> Self {
        Self::new(ErrorType::Internal, field, Value::Null, detail)
    }

    /// The value has the wrong JSON type.
    #[must_use]
    pub fn type_invalid(field: &Path, value: impl Into<Value>, detail: impl Into<String>) -> Self {
        Self::new(ErrorType::TypeInvalid, field, value, detail)
    }

    /// The same without the value.
    #[must_use]
    pub fn without_value(self) -> Self {
        Self { omits_value: true, ..self }
    }

    /// The text without the field, as it stands in a cause's `message`.
    #[must_use]
    pub fn body(&self) -> String {
        let mut text = self.error_type.text().to_owned();
        if self.error_type.shows_value() && !self.omits_value {
            text.push_str(": ");
            match &self.bad_value {
                Value::Null => text.push_str("\"null\""),
                Value::String(value) => text.push_str(&quote(value)),
                other => text.push_str(&other.to_string()),
            }
        }
        if !self.detail.is_empty() {
            text.push_str(": ");
            text.push_str(&self.detail);
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.field, self.body())
    }
}

/// One "Invalid value" error for each message about the value.
pub fn invalid_each(field: &Path, value: &str, messages: Vec<String>) -> impl Iterator<Item = Error> {
    messages.into_iter().map(move |message| Error::invalid(field, value, message))
}

/// All texts as one, each only once: `a` or `[a, b]` (`utilerrors.Aggregate`).
#[must_use]
pub fn aggregate(errors: &[Error]) -> String {
    let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let mut known = HashSet::with_capacity(all.len());
    let texts: Vec<&str> = all.iter().map(String::as_str).filter(|text| known.insert(*text)).collect();
    match texts.as_slice() {
        [one] => (*one).to_owned(),
        _ => format!("[{}]", texts.join(", ")),
    }
}

/// A Go string literal (`strconv.Quote`).
fn quote(text: &str) -> String {
    use fmt::Write as _;
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            control if u32::from(control) < 0x20 || control == '\x7f' => {
                let _ = write!(quoted, "\\x{:02x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::{Error, aggregate};
    use crate::field::Path;
    use serde_json::json;

    #[test]
    fn texts_are_those_of_kubernetes() {
        let path = Path::new("spec").child("x");
        let cases = [
            (Error::required(&path, ""), "spec.x: Required value", "FieldValueRequired"),
            (Error::required(&path, "must be set"), "spec.x: Required value: must be set", "FieldValueRequired"),
            (Error::invalid(&path, "a\"b", "no"), "spec.x: Invalid value: \"a\\\"b\": no", "FieldValueInvalid"),
            (Error::invalid(&path, -1, "no"), "spec.x: Invalid value: -1: no", "FieldValueInvalid"),
            (Error::invalid(&path, json!(null), "no"), "spec.x: Invalid value: \"null\": no", "FieldValueInvalid"),
            (Error::invalid(&path, json!({"a": 1}), "no"), "spec.x: Invalid value: {\"a\":1}: no", "FieldValueInvalid"),
            (Error::duplicate(&path, "n"), "spec.x: Duplicate value: \"n\"", "FieldValueDuplicate"),
            (Error::not_found(&path, "n"), "spec.x: Not found: \"n\"", "FieldValueNotFound"),
            (
                Error::not_supported(&path, "c", &["a", "b"]),
                "spec.x: Unsupported value: \"c\": supported values: \"a\", \"b\"",
                "FieldValueNotSupported",
            ),
            (Error::forbidden(&path, "no"), "spec.x: Forbidden: no", "FieldValueForbidden"),
            (Error::too_long(&path, 63), "spec.x: Too long: may not be more than 63 bytes", "FieldValueTooLong"),
            (Error::too_many(&path, 5, 3), "spec.x: Too many: 5: must have at most 3 items", "FieldValueTooMany"),
            (Error::internal(&path, "odd"), "spec.x: Internal error: odd", "InternalError"),
            (Error::type_invalid(&path, true, "no"), "spec.x: Invalid value: true: no", "FieldValueTypeInvalid"),
        ];
        for (error, text, reason) in cases {
            assert_eq!(error.to_string(), text);
            assert_eq!(error.error_type.reason(), reason);
        }
    }

    #[test]
    fn an_aggregate_says_each_thing_once() {
        let error = |name: &str| Error::required(&Path::new(name), "");
        assert_eq!(aggregate(&[error("a")]), "a: Required value");
        assert_eq!(aggregate(&[error("a"), error("a")]), "a: Required value");
        assert_eq!(aggregate(&[error("a"), error("b")]), "[a: Required value, b: Required value]");
    }
}
