//! Values that may not be there (cel-go, cel/library.go).

use super::{Price, Row, logic::planned, row};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Evaluated, List, Value},
};

pub(super) const ROWS: &[Row] = &[
    row("select_optional_field", "_?._(dyn, string) -> optional(V)", Price::Unit, planned),
    row("list_optindex_optional_int", "_[?_](list(V), int) -> optional(V)", Price::Unit, planned),
    row("optional_list_optindex_optional_int", "_[?_](optional(list(V)), int) -> optional(V)", Price::Unit, planned),
    row("map_optindex_optional_value", "_[?_](map(K, V), K) -> optional(V)", Price::Unit, planned),
    row("optional_map_optindex_optional_value", "_[?_](optional(map(K, V)), K) -> optional(V)", Price::Unit, planned),
    row("optional_list_index_int", "_[_](optional(list(V)), int) -> optional(V)", Price::Unit, planned),
    row("optional_map_index_value", "_[_](optional(map(K, V)), K) -> optional(V)", Price::Unit, planned),
    row("list_first", "list(V):first() -> optional(V)", Price::Unit, first),
    row("list_last", "list(V):last() -> optional(V)", Price::Unit, last),
    row("optional_hasValue", "optional(V):hasValue() -> bool", Price::Unit, has_value),
    row("optional_none", "optional.none() -> optional(V)", Price::Unit, none),
    row("optional_of", "optional.of(V) -> optional(V)", Price::Unit, of),
    row("optional_ofNonZeroValue", "optional.ofNonZeroValue(V) -> optional(V)", Price::Unit, of_non_zero),
    row("optional_unwrap", "optional.unwrap(list(optional(V))) -> list(V)", Price::Unit, unwrap),
    row("optional_unwrapOpt", "list(optional(V)):unwrapOpt() -> list(V)", Price::Unit, unwrap),
    row("optional_or_optional", "optional(V):or(optional(V)) -> optional(V)", Price::Unit, planned),
    row("optional_orValue_value", "optional(V):orValue(V) -> V", Price::Unit, planned),
    row("optional_value", "optional(V):value() -> V", Price::Unit, value),
];

fn at<'a>(list: &List<'a>, index: Option<usize>) -> Evaluated<'a> {
    Ok(match index.and_then(|index| list.get(index)) {
        Some(item) => Value::some(item?),
        None => Value::NONE,
    })
}

fn first<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::List(list)] = arguments else { return Err(EvalError::no_overload()) };
    at(list, Some(0))
}

fn last<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::List(list)] = arguments else { return Err(EvalError::no_overload()) };
    at(list, list.len().checked_sub(1))
}

fn has_value<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::Optional(inner)] = arguments else { return Err(EvalError::no_overload()) };
    Ok(Value::Bool(inner.is_some()))
}

fn none<'a>(_: &mut Meter, _: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(Value::NONE)
}

fn of<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    arguments.first_mut().map(|value| Value::some(std::mem::take(value))).ok_or_else(EvalError::no_overload)
}

fn of_non_zero<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    match arguments {
        [value] if value.is_zero() => Ok(Value::NONE),
        _ => of(meter, arguments),
    }
}

fn unwrap<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::List(list)] = arguments else { return Err(EvalError::no_overload()) };
    meter.allocate(list.len() * size_of::<Value<'_>>())?;
    let mut values = Vec::new();
    for item in list.iter() {
        match item? {
            Value::Optional(Some(inner)) => values.push((*inner).clone()),
            Value::Optional(None) => {}
            other => {
                let message = format!("value {} is not optional", super::conversion::show(&other));
                return Err(EvalError::Invalid(message));
            }
        }
    }
    Ok(Value::list(values))
}

fn value<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    match arguments {
        [Value::Optional(Some(inner))] => Ok((**inner).clone()),
        [Value::Optional(None)] => Err(EvalError::invalid("optional.none() dereference")),
        _ => Err(EvalError::no_overload()),
    }
}
