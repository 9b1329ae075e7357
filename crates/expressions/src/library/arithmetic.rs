//! `+ - * / %` and the sign. What does not fit its type is an error (cel-go, common/types/overflow.go).

use super::{Price, Row, row};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Duration, Evaluated, Timestamp, Value},
};
use std::sync::Arc;

pub(super) const ROWS: &[Row] = &[
    row("add_bytes", "_+_(bytes, bytes) -> bytes", Price::Concat, add),
    row("add_double", "_+_(double, double) -> double", Price::Unit, add),
    row("add_duration_duration", "_+_(duration, duration) -> duration", Price::Unit, add),
    row("add_duration_timestamp", "_+_(duration, timestamp) -> timestamp", Price::Unit, add),
    row("add_timestamp_duration", "_+_(timestamp, duration) -> timestamp", Price::Unit, add),
    row("add_int64", "_+_(int, int) -> int", Price::Unit, add),
    row("add_list", "_+_(list(A), list(A)) -> list(A)", Price::ConcatLists, add),
    row("add_string", "_+_(string, string) -> string", Price::Concat, add),
    row("add_uint64", "_+_(uint, uint) -> uint", Price::Unit, add),
    row("subtract_double", "_-_(double, double) -> double", Price::Unit, subtract),
    row("subtract_duration_duration", "_-_(duration, duration) -> duration", Price::Unit, subtract),
    row("subtract_int64", "_-_(int, int) -> int", Price::Unit, subtract),
    row("subtract_timestamp_duration", "_-_(timestamp, duration) -> timestamp", Price::Unit, subtract),
    row("subtract_timestamp_timestamp", "_-_(timestamp, timestamp) -> duration", Price::Unit, subtract),
    row("subtract_uint64", "_-_(uint, uint) -> uint", Price::Unit, subtract),
    row("multiply_double", "_*_(double, double) -> double", Price::Unit, multiply),
    row("multiply_int64", "_*_(int, int) -> int", Price::Unit, multiply),
    row("multiply_uint64", "_*_(uint, uint) -> uint", Price::Unit, multiply),
    row("divide_double", "_/_(double, double) -> double", Price::Unit, divide),
    row("divide_int64", "_/_(int, int) -> int", Price::Unit, divide),
    row("divide_uint64", "_/_(uint, uint) -> uint", Price::Unit, divide),
    row("modulo_int64", "_%_(int, int) -> int", Price::Unit, modulo),
    row("modulo_uint64", "_%_(uint, uint) -> uint", Price::Unit, modulo),
    row("negate_double", "-_(double) -> double", Price::Unit, negate),
    row("negate_int64", "-_(int) -> int", Price::Unit, negate),
];

const INT: EvalError = EvalError::Overflow("integer");
const UINT: EvalError = EvalError::Overflow("unsigned integer");
const DURATION: EvalError = INT;
const TIMESTAMP: EvalError = EvalError::Overflow("timestamp");

/// The sum of two values; lists are taken, so that what nobody else holds grows in place.
pub(super) fn add<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [a, b] = arguments else { return Err(EvalError::no_overload()) };
    Ok(match (&mut *a, &*b) {
        (Value::List(list), Value::List(b)) => Value::List(std::mem::take(list).add(b, meter)?),
        (Value::Int(a), Value::Int(b)) => Value::Int(a.checked_add(*b).ok_or(INT)?),
        (Value::Uint(a), Value::Uint(b)) => Value::Uint(a.checked_add(*b).ok_or(UINT)?),
        (Value::Double(a), Value::Double(b)) => Value::Double(*a + *b),
        (Value::String(a), Value::String(b)) => {
            meter.allocate(a.len() + b.len())?;
            Value::text(format!("{a}{b}"))
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            meter.allocate(a.len() + b.len())?;
            Value::Bytes(Arc::from([&**a, &**b].concat()))
        }
        (Value::Duration(a), Value::Duration(b)) => duration(a.nanoseconds.checked_add(b.nanoseconds))?,
        (Value::Duration(a), Value::Timestamp(b)) => instant(b.add(a.nanoseconds.into()))?,
        (Value::Timestamp(a), Value::Duration(b)) => instant(a.add(b.nanoseconds.into()))?,
        _ => return Err(EvalError::no_overload()),
    })
}

fn duration<'a>(nanoseconds: Option<i64>) -> Evaluated<'a> {
    nanoseconds.map(|nanoseconds| Value::Duration(Duration { nanoseconds })).ok_or(DURATION)
}

fn instant<'a>(timestamp: Option<Timestamp>) -> Evaluated<'a> {
    timestamp.map(Value::Timestamp).ok_or(TIMESTAMP)
}

fn subtract<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(match arguments {
        [Value::Int(a), Value::Int(b)] => Value::Int(a.checked_sub(*b).ok_or(INT)?),
        [Value::Uint(a), Value::Uint(b)] => Value::Uint(a.checked_sub(*b).ok_or(UINT)?),
        [Value::Double(a), Value::Double(b)] => Value::Double(*a - *b),
        [Value::Duration(a), Value::Duration(b)] => duration(a.nanoseconds.checked_sub(b.nanoseconds))?,
        [Value::Timestamp(a), Value::Duration(b)] => instant(a.add(-i128::from(b.nanoseconds)))?,
        [Value::Timestamp(a), Value::Timestamp(b)] => a.since(*b).map(Value::Duration).ok_or(DURATION)?,
        _ => return Err(EvalError::no_overload()),
    })
}

fn multiply<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(match arguments {
        [Value::Int(a), Value::Int(b)] => Value::Int(a.checked_mul(*b).ok_or(INT)?),
        [Value::Uint(a), Value::Uint(b)] => Value::Uint(a.checked_mul(*b).ok_or(UINT)?),
        [Value::Double(a), Value::Double(b)] => Value::Double(*a * *b),
        _ => return Err(EvalError::no_overload()),
    })
}

fn divide<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(match arguments {
        [Value::Int(_), Value::Int(0)] | [Value::Uint(_), Value::Uint(0)] => return Err(EvalError::DivisionByZero),
        [Value::Int(a), Value::Int(b)] => Value::Int(a.checked_div(*b).ok_or(INT)?),
        [Value::Uint(a), Value::Uint(b)] => Value::Uint(*a / *b),
        [Value::Double(a), Value::Double(b)] => Value::Double(*a / *b),
        _ => return Err(EvalError::no_overload()),
    })
}

fn modulo<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(match arguments {
        [Value::Int(_), Value::Int(0)] | [Value::Uint(_), Value::Uint(0)] => return Err(EvalError::ModulusByZero),
        [Value::Int(a), Value::Int(b)] => Value::Int(a.checked_rem(*b).ok_or(INT)?),
        [Value::Uint(a), Value::Uint(b)] => Value::Uint(*a % *b),
        _ => return Err(EvalError::no_overload()),
    })
}

fn negate<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(match arguments {
        [Value::Int(value)] => Value::Int(value.checked_neg().ok_or(INT)?),
        [Value::Double(value)] => Value::Double(-*value),
        _ => return Err(EvalError::no_overload()),
    })
}
