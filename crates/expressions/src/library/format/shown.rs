//! Values as `%s` shows them, and within lists and maps.

use super::super::{conversion::scalar, strings::quoted};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{List, Map, Value},
};

pub fn shown(value: &Value<'_>, meter: &mut Meter) -> Result<String, EvalError> {
    match value {
        Value::List(list) => shown_list(list, meter),
        Value::Map(map) => shown_map(map, meter),
        Value::Null => Ok("null".to_owned()),
        Value::Bytes(bytes) => {
            meter.allocate(bytes.len())?;
            std::str::from_utf8(bytes)
                .map(str::to_owned)
                .map_err(|_| EvalError::invalid("could not convert argument to string"))
        }
        other => {
            let text = scalar(other).ok_or_else(EvalError::no_overload)?;
            meter.allocate(text.len())?;
            Ok(text)
        }
    }
}

fn shown_list(list: &List<'_>, meter: &mut Meter) -> Result<String, EvalError> {
    let mut parts = Vec::new();
    for item in list.iter() {
        parts.push(within(&item?, meter)?);
    }
    Ok(format!("[{}]", parts.join(", ")))
}

fn shown_map(map: &Map<'_>, meter: &mut Meter) -> Result<String, EvalError> {
    let mut parts = Vec::new();
    for (key, value) in map.entries()? {
        if matches!(key, Value::Double(_)) {
            return Err(EvalError::invalid("no formatting function for map key of type double"));
        }
        parts.push((within(&key, meter)?, within(&value, meter)?));
    }
    parts.sort();
    let entries: Vec<String> = parts.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
    Ok(format!("{{{}}}", entries.join(", ")))
}

/// A value in a list or map: strings in quotes, with their type where it would not show.
fn within(value: &Value<'_>, meter: &mut Meter) -> Result<String, EvalError> {
    meter.allocate(size_of::<String>())?;
    Ok(match value {
        Value::String(text) => {
            meter.allocate(text.len())?;
            quoted(text)
        }
        Value::Bytes(_) => format!("b{}", quoted(&shown(value, meter)?)),
        Value::Double(value) if value.is_finite() => format!("{value:.6}"),
        Value::Double(_) => quoted(&shown(value, meter)?),
        Value::Duration(duration) => format!("duration(\"{}\")", duration.in_seconds()),
        Value::Timestamp(timestamp) => format!("timestamp(\"{timestamp}\")"),
        Value::Optional(_) | Value::Opaque(_) => {
            return Err(EvalError::Invalid(format!("no formatting function for {}", value.type_name())));
        }
        other => shown(other, meter)?,
    })
}
