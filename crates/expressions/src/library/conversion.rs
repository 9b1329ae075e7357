//! Conversions between types, each named after the type that it makes.

use super::{Price, Row, price::Size, row};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Duration, Evaluated, Text, Timestamp, Value, format_double, to_int, to_uint},
};
use std::sync::Arc;

pub(super) const ROWS: &[Row] = &[
    row("bool_to_bool", "bool(bool) -> bool", Price::Unit, |_, value| {
        keep(value, |value| matches!(value, Value::Bool(_)))
    }),
    row("string_to_bool", "bool(string) -> bool", Price::Unit, to_bool),
    row("bytes_to_bytes", "bytes(bytes) -> bytes", Price::Unit, |_, value| {
        keep(value, |value| matches!(value, Value::Bytes(_)))
    }),
    row("string_to_bytes", "bytes(string) -> bytes", Price::Scan { argument: 0, result: Size::Encoded }, to_bytes),
    row("double_to_double", "double(double) -> double", Price::Unit, |_, value| {
        keep(value, |value| matches!(value, Value::Double(_)))
    }),
    row("int64_to_double", "double(int) -> double", Price::Unit, to_double),
    row("string_to_double", "double(string) -> double", Price::Unit, to_double),
    row("uint64_to_double", "double(uint) -> double", Price::Unit, to_double),
    row("duration_to_duration", "duration(duration) -> duration", Price::Unit, |_, value| {
        keep(value, |value| matches!(value, Value::Duration(_)))
    }),
    row("string_to_duration", "duration(string) -> duration", Price::Unit, to_duration),
    row("to_dyn", "dyn(A) -> dyn", Price::Unit, |_, value| keep(value, |_| true)),
    row("int64_to_int64", "int(int) -> int", Price::Unit, |_, value| {
        keep(value, |value| matches!(value, Value::Int(_)))
    }),
    row("double_to_int64", "int(double) -> int", Price::Unit, to_integer),
    row("duration_to_int64", "int(duration) -> int", Price::Unit, to_integer),
    row("string_to_int64", "int(string) -> int", Price::Unit, to_integer),
    row("timestamp_to_int64", "int(timestamp) -> int", Price::Unit, to_integer),
    row("uint64_to_int64", "int(uint) -> int", Price::Unit, to_integer),
    row("string_to_string", "string(string) -> string", Price::Unit, |_, value| {
        keep(value, |value| matches!(value, Value::String(_)))
    }),
    row("bool_to_string", "string(bool) -> string", Price::Unit, to_text),
    row("bytes_to_string", "string(bytes) -> string", Price::Scan { argument: 0, result: Size::Decoded }, to_text),
    row("double_to_string", "string(double) -> string", Price::Unit, to_text),
    row("duration_to_string", "string(duration) -> string", Price::Unit, to_text),
    row("int64_to_string", "string(int) -> string", Price::Unit, to_text),
    row("timestamp_to_string", "string(timestamp) -> string", Price::Unit, to_text),
    row("uint64_to_string", "string(uint) -> string", Price::Unit, to_text),
    row("timestamp_to_timestamp", "timestamp(timestamp) -> timestamp", Price::Unit, |_, value| {
        keep(value, |value| matches!(value, Value::Timestamp(_)))
    }),
    row("int64_to_timestamp", "timestamp(int) -> timestamp", Price::Unit, to_timestamp),
    row("string_to_timestamp", "timestamp(string) -> timestamp", Price::Unit, to_timestamp),
    row("type", "type(A) -> type(A)", Price::Unit, type_of),
    row("uint64_to_uint64", "uint(uint) -> uint", Price::Unit, |_, value| {
        keep(value, |value| matches!(value, Value::Uint(_)))
    }),
    row("double_to_uint64", "uint(double) -> uint", Price::Unit, to_unsigned),
    row("int64_to_uint64", "uint(int) -> uint", Price::Unit, to_unsigned),
    row("string_to_uint64", "uint(string) -> uint", Price::Unit, to_unsigned),
];

fn impossible(value: &Value<'_>, to: &str) -> EvalError {
    EvalError::Invalid(format!("type conversion error from '{}' to '{to}'", value.type_name()))
}

/// A value that is of the type already.
fn keep<'a>(arguments: &mut [Value<'a>], is_of_type: fn(&Value<'_>) -> bool) -> Evaluated<'a> {
    match arguments {
        [value] if is_of_type(value) => Ok(std::mem::take(value)),
        _ => Err(EvalError::no_overload()),
    }
}

fn type_of<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [value] = arguments else { return Err(EvalError::no_overload()) };
    Ok(Value::Type(Text::Shared(value.type_name().into())))
}

fn to_bool<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text)] = arguments else { return Err(EvalError::no_overload()) };
    match &**text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
        _ => Err(impossible(&arguments[0], "bool")),
    }
}

fn to_bytes<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text)] = arguments else { return Err(EvalError::no_overload()) };
    meter.allocate(text.len())?;
    Ok(Value::Bytes(Arc::from(text.as_bytes())))
}

#[expect(clippy::cast_precision_loss, reason = "as cel-go converts")]
fn to_double<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    match arguments {
        [Value::Int(value)] => Ok(Value::Double(*value as f64)),
        [Value::Uint(value)] => Ok(Value::Double(*value as f64)),
        [Value::String(text)] => match text.parse::<f64>() {
            // What is too large is none, unless it is called so.
            Ok(value) if value.is_finite() || !text.contains(|c: char| c.is_ascii_digit()) => Ok(Value::Double(value)),
            _ => Err(impossible(&arguments[0], "double")),
        },
        _ => Err(EvalError::no_overload()),
    }
}

fn to_integer<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let overflow = EvalError::Overflow("integer");
    match arguments {
        [Value::Double(value)] => to_int(*value).map(Value::Int).ok_or(overflow),
        [Value::Uint(value)] => i64::try_from(*value).map(Value::Int).map_err(|_| overflow),
        [Value::Duration(duration)] => Ok(Value::Int(duration.nanoseconds)),
        [Value::Timestamp(timestamp)] => Ok(Value::Int(timestamp.seconds())),
        [Value::String(text)] => text.parse().map(Value::Int).map_err(|_| impossible(&arguments[0], "int")),
        _ => Err(EvalError::no_overload()),
    }
}

fn to_unsigned<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let overflow = EvalError::Overflow("unsigned integer");
    match arguments {
        [Value::Double(value)] => to_uint(*value).map(Value::Uint).ok_or(overflow),
        [Value::Int(value)] => u64::try_from(*value).map(Value::Uint).map_err(|_| overflow),
        [Value::String(text)] => text.parse().map(Value::Uint).map_err(|_| impossible(&arguments[0], "uint")),
        _ => Err(EvalError::no_overload()),
    }
}

fn to_duration<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text)] = arguments else { return Err(EvalError::no_overload()) };
    Duration::parse(text).map(Value::Duration).ok_or_else(|| impossible(&arguments[0], "google.protobuf.Duration"))
}

fn to_timestamp<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    match arguments {
        [Value::Int(seconds)] => {
            Timestamp::of_seconds(*seconds).map(Value::Timestamp).ok_or(EvalError::Overflow("timestamp"))
        }
        [Value::String(text)] => Timestamp::parse(text)
            .map(Value::Timestamp)
            .ok_or_else(|| impossible(&arguments[0], "google.protobuf.Timestamp")),
        _ => Err(EvalError::no_overload()),
    }
}

fn to_text<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [value] = arguments else { return Err(EvalError::no_overload()) };
    if let Value::Bytes(bytes) = value {
        meter.allocate(bytes.len())?;
        let text = std::str::from_utf8(bytes);
        return text
            .map(Value::text)
            .map_err(|_| EvalError::invalid("invalid UTF-8 in bytes, cannot convert to string"));
    }
    scalar(value).map(Value::text).ok_or_else(EvalError::no_overload)
}

/// How a scalar is written as a string.
pub(super) fn scalar(value: &Value<'_>) -> Option<String> {
    Some(match value {
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Double(value) => format_double(*value),
        Value::Duration(duration) => duration.in_seconds(),
        Value::Timestamp(timestamp) => timestamp.to_string(),
        Value::String(text) | Value::Type(text) => text.to_string(),
        _ => return None,
    })
}

/// For messages: the value, or at least its type.
pub(crate) fn show(value: &Value<'_>) -> String {
    scalar(value).unwrap_or_else(|| value.type_name().to_owned())
}
