//! Order, sums, extremes and places.

use super::super::{Price, Row, arithmetic::add, row};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Evaluated, List, Value, compare, equal},
};
use std::cmp::Ordering;

pub const ROWS: &[Row] = &[
    row("list_int_is_sorted_bool", "list(int):isSorted() -> bool", Price::Traverse, is_sorted),
    row("list_uint_is_sorted_bool", "list(uint):isSorted() -> bool", Price::Traverse, is_sorted),
    row("list_double_is_sorted_bool", "list(double):isSorted() -> bool", Price::Traverse, is_sorted),
    row("list_bool_is_sorted_bool", "list(bool):isSorted() -> bool", Price::Traverse, is_sorted),
    row("list_duration_is_sorted_bool", "list(duration):isSorted() -> bool", Price::Traverse, is_sorted),
    row("list_timestamp_is_sorted_bool", "list(timestamp):isSorted() -> bool", Price::Traverse, is_sorted),
    row("list_string_is_sorted_bool", "list(string):isSorted() -> bool", Price::Traverse, is_sorted),
    row("list_bytes_is_sorted_bool", "list(bytes):isSorted() -> bool", Price::Traverse, is_sorted),
    row("list_int_sum_int", "list(int):sum() -> int", Price::Traverse, |meter, list| sum(Value::Int(0), meter, list)),
    row("list_uint_sum_uint", "list(uint):sum() -> uint", Price::Traverse, |meter, list| {
        sum(Value::Uint(0), meter, list)
    }),
    row("list_double_sum_double", "list(double):sum() -> double", Price::Traverse, |meter, list| {
        sum(Value::Double(0.0), meter, list)
    }),
    row("list_duration_sum_duration", "list(duration):sum() -> duration", Price::Traverse, |meter, list| {
        sum(NOTHING, meter, list)
    }),
    row("list_int_max_int", "list(int):max() -> int", Price::Traverse, max),
    row("list_uint_max_uint", "list(uint):max() -> uint", Price::Traverse, max),
    row("list_double_max_double", "list(double):max() -> double", Price::Traverse, max),
    row("list_bool_max_bool", "list(bool):max() -> bool", Price::Traverse, max),
    row("list_duration_max_duration", "list(duration):max() -> duration", Price::Traverse, max),
    row("list_timestamp_max_timestamp", "list(timestamp):max() -> timestamp", Price::Traverse, max),
    row("list_string_max_string", "list(string):max() -> string", Price::Traverse, max),
    row("list_bytes_max_bytes", "list(bytes):max() -> bytes", Price::Traverse, max),
    row("list_int_min_int", "list(int):min() -> int", Price::Traverse, min),
    row("list_uint_min_uint", "list(uint):min() -> uint", Price::Traverse, min),
    row("list_double_min_double", "list(double):min() -> double", Price::Traverse, min),
    row("list_bool_min_bool", "list(bool):min() -> bool", Price::Traverse, min),
    row("list_duration_min_duration", "list(duration):min() -> duration", Price::Traverse, min),
    row("list_timestamp_min_timestamp", "list(timestamp):min() -> timestamp", Price::Traverse, min),
    row("list_string_min_string", "list(string):min() -> string", Price::Traverse, min),
    row("list_bytes_min_bytes", "list(bytes):min() -> bytes", Price::Traverse, min),
    row("list_a_index_of_int", "list(A):indexOf(A) -> int", Price::Traverse, index_of),
    row("list_a_last_index_of_int", "list(A):lastIndexOf(A) -> int", Price::Traverse, last_index_of),
];

/// What Kubernetes 1.37 adds.
pub const VERSION_1: &[Row] = &[row("list_includes_dyn_dyn", "dyn:includes(dyn) -> bool", Price::Includes, includes)];

const NOTHING: Value<'static> = Value::Duration(crate::value::Duration { nanoseconds: 0 });

fn own<'v, 'a>(arguments: &'v [Value<'a>]) -> Result<&'v List<'a>, EvalError> {
    match arguments.first() {
        Some(Value::List(list)) => Ok(list),
        _ => Err(EvalError::no_overload()),
    }
}

fn is_sorted<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let mut previous: Option<Value<'a>> = None;
    for item in own(arguments)?.iter() {
        let item = item?;
        if let Some(previous) = &previous
            && compare(previous, &item)? == Ordering::Greater
        {
            return Ok(Value::Bool(false));
        }
        previous = Some(item);
    }
    Ok(Value::Bool(true))
}

fn sum<'a>(zero: Value<'a>, meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let mut sum = zero;
    for item in own(arguments)?.iter() {
        sum = add(meter, &mut [sum, item?])?;
    }
    Ok(sum)
}

/// The first item that no other is preferred to.
fn extreme<'a>(arguments: &[Value<'a>], preferred: Ordering, name: &str) -> Evaluated<'a> {
    let mut best: Option<Value<'a>> = None;
    for item in own(arguments)?.iter() {
        let item = item?;
        let better = match &best {
            Some(best) => compare(&item, best)? == preferred,
            None => true,
        };
        if better {
            best = Some(item);
        }
    }
    best.ok_or_else(|| EvalError::Invalid(format!("{name} called on empty list")))
}

fn max<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    extreme(arguments, Ordering::Greater, "max")
}

fn min<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    extreme(arguments, Ordering::Less, "min")
}

fn place<'a>(
    items: impl Iterator<Item = (usize, Evaluated<'a>)>,
    wanted: &Value<'a>,
    meter: &mut Meter,
) -> Evaluated<'a> {
    for (index, item) in items {
        if equal(&item?, wanted, meter)? {
            return i64::try_from(index).map(Value::Int).map_err(|_| EvalError::Overflow("integer"));
        }
    }
    Ok(Value::Int(-1))
}

fn index_of<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::List(list), wanted] = arguments else { return Err(EvalError::no_overload()) };
    place(list.iter().enumerate(), wanted, meter)
}

fn last_index_of<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::List(list), wanted] = arguments else { return Err(EvalError::no_overload()) };
    let indexes = (0..list.len()).rev();
    place(indexes.zip(list.iter().rev()), wanted, meter)
}

/// Of a list whether it contains a value, of anything else whether it is that value.
fn includes<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    match arguments {
        [Value::List(list), wanted] => super::super::sequences::contains(list, wanted, meter).map(Value::Bool),
        [value, wanted] => equal(value, wanted, meter).map(Value::Bool),
        _ => Err(EvalError::no_overload()),
    }
}
