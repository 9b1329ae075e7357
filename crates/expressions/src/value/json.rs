//! From JSON to values, through the schema if there is one (k8s.io/apiserver, pkg/cel/common/values.go), and back.

use super::{Duration, Evaluated, List, Map, Text, Timestamp, Value, to_int};
use crate::{
    error::EvalError,
    schema::{Form, Shape},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map as JsonMap, Number, Value as Json};
use std::sync::Arc;

/// How much JSON is made of a value: values and characters. What a value shares with itself is written more than once.
const JSON_LIMIT: usize = 4 * 1024 * 1024;

impl<'a> Value<'a> {
    /// A JSON value as expressions see it; everything of it, if nothing is known of its type.
    pub(crate) fn of_json(json: &'a Json, shape: Option<Shape<'a>>) -> Evaluated<'a> {
        let Some(shape) = shape else { return Ok(untyped(json)) };
        if json.is_null() {
            return if shape.schema.is_nullable() {
                Ok(Value::Null)
            } else {
                Err(EvalError::invalid("invalid data, got null for schema with nullable=false"))
            };
        }
        typed(json, shape).unwrap_or_else(|| Err(mismatch(shape.form)))
    }

    /// The value as JSON, if JSON can say it.
    ///
    /// # Errors
    /// A key is no string, a value has no JSON form, or there is more of it than any request may hold.
    pub fn to_json(&self) -> Result<Json, EvalError> {
        self.to_json_within(&mut JSON_LIMIT.clone())
    }

    fn to_json_within(&self, left: &mut usize) -> Result<Json, EvalError> {
        let own = self.as_str().map_or(1, |text| text.len() + 1);
        *left = left.checked_sub(own).ok_or(EvalError::MemoryLimit)?;
        Ok(match self {
            Self::Null | Self::Optional(None) => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Int(value) => Json::from(*value),
            Self::Uint(value) => Json::from(*value),
            Self::Double(value) => Json::Number(Number::from_f64(*value).ok_or_else(|| self.no_json())?),
            Self::String(text) => Json::from(&**text),
            Self::Bytes(bytes) => Json::from(STANDARD.encode(bytes)),
            Self::Duration(duration) => Json::from(duration.in_seconds()),
            Self::Timestamp(timestamp) => Json::from(timestamp.to_string()),
            Self::List(list) => {
                Json::Array(list.iter().map(|item| item?.to_json_within(left)).collect::<Result<_, _>>()?)
            }
            Self::Map(Map::Json(json, _)) => {
                let content = json.values().map(size).sum();
                *left = left.checked_sub(content).ok_or(EvalError::MemoryLimit)?;
                Json::Object((*json).clone())
            }
            Self::Map(map) => Json::Object(entries(map, left)?),
            Self::Optional(Some(inner)) => inner.to_json_within(left)?,
            Self::Type(_) => return Err(self.no_json()),
            Self::Opaque(opaque) => Json::from(opaque.text().ok_or_else(|| self.no_json())?),
        })
    }

    fn no_json(&self) -> EvalError {
        EvalError::Invalid(format!("type conversion error from '{}' to JSON", self.type_name()))
    }
}

fn size(json: &Json) -> usize {
    match json {
        Json::String(text) => text.len() + 1,
        Json::Array(items) => items.iter().map(size).sum::<usize>() + 1,
        Json::Object(map) => map.iter().map(|(key, value)| key.len() + size(value)).sum::<usize>() + 1,
        _ => 1,
    }
}

fn entries(map: &Map<'_>, left: &mut usize) -> Result<JsonMap<String, Json>, EvalError> {
    let named = |key: &Value<'_>| key.as_str().map(str::to_owned).ok_or_else(|| key.no_json());
    map.entries()?.iter().map(|(key, value)| Ok((named(key)?, value.to_json_within(left)?))).collect()
}

fn untyped(json: &Json) -> Value<'_> {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => number.as_i64().map_or_else(|| Value::Double(as_double(number)), Value::Int),
        Json::String(text) => Value::String(Text::Borrowed(text)),
        Json::Array(items) => Value::List(List::Json(items, None)),
        Json::Object(map) => Value::Map(Map::Json(map, None)),
    }
}

fn as_double(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

/// `None` if the JSON is of another type than the schema says.
fn typed<'a>(json: &'a Json, shape: Shape<'a>) -> Option<Evaluated<'a>> {
    Some(Ok(match (shape.form, json) {
        (Form::Object | Form::Map, Json::Object(map)) => Value::Map(Map::Json(map, Some(shape))),
        (Form::List, Json::Array(items)) => Value::List(List::Json(items, Some(shape.schema))),
        (Form::String | Form::IntOrString, Json::String(text)) => Value::String(Text::Borrowed(text)),
        (Form::Bool, Json::Bool(value)) => Value::Bool(*value),
        (Form::Double, Json::Number(number)) => Value::Double(as_double(number)),
        (Form::Int | Form::IntOrString, Json::Number(number)) => Value::Int(whole(number)?),
        (Form::Bytes | Form::Duration | Form::Date | Form::DateTime, Json::String(text)) => {
            return Some(formatted(text, shape.form));
        }
        _ => return None,
    }))
}

fn whole(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| to_int(as_double(number)).filter(|_| as_double(number).fract() == 0.0))
}

fn formatted<'a>(text: &str, form: Form) -> Evaluated<'a> {
    let invalid = |what: &str, why: &str| EvalError::Invalid(format!("Invalid {what} formatted string {text}: {why}"));
    match form {
        Form::Bytes => STANDARD
            .decode(text)
            .map(|bytes| Value::Bytes(Arc::from(bytes)))
            .map_err(|error| invalid("byte", &error.to_string())),
        Form::Duration => Duration::parse_extended(text)
            .map(Value::Duration)
            .ok_or_else(|| EvalError::Invalid(format!("Invalid duration {text}"))),
        Form::Date => Timestamp::parse_date(text).map(Value::Timestamp).ok_or_else(|| invalid("date", "no date")),
        _ => Timestamp::parse(text).map(Value::Timestamp).ok_or_else(|| invalid("date-time", "no date and time")),
    }
}

fn mismatch(form: Form) -> EvalError {
    let expected = match form {
        Form::Object | Form::Map => "a map for the provided schema with type=object",
        Form::List => "an array for the provided schema with type=array",
        Form::IntOrString => "XIntOrString value to be either a string or integer",
        Form::Bool => "a boolean",
        Form::Double => "a double",
        Form::Int => "an int",
        _ => "a string",
    };
    EvalError::Invalid(format!("invalid data, expected {expected}"))
}
