//! `< <= > >=`. Numbers compare across their types.

use super::{Price, Row, row};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Evaluated, Value, compare},
};
use std::cmp::Ordering;

pub(super) const ROWS: &[Row] = &[
    row("less_bool", "_<_(bool, bool) -> bool", Price::Unit, less),
    row("less_int64", "_<_(int, int) -> bool", Price::Unit, less),
    row("less_int64_double", "_<_(int, double) -> bool", Price::Unit, less),
    row("less_int64_uint64", "_<_(int, uint) -> bool", Price::Unit, less),
    row("less_uint64", "_<_(uint, uint) -> bool", Price::Unit, less),
    row("less_uint64_double", "_<_(uint, double) -> bool", Price::Unit, less),
    row("less_uint64_int64", "_<_(uint, int) -> bool", Price::Unit, less),
    row("less_double", "_<_(double, double) -> bool", Price::Unit, less),
    row("less_double_int64", "_<_(double, int) -> bool", Price::Unit, less),
    row("less_double_uint64", "_<_(double, uint) -> bool", Price::Unit, less),
    row("less_string", "_<_(string, string) -> bool", Price::Compare, less),
    row("less_bytes", "_<_(bytes, bytes) -> bool", Price::Compare, less),
    row("less_timestamp", "_<_(timestamp, timestamp) -> bool", Price::Unit, less),
    row("less_duration", "_<_(duration, duration) -> bool", Price::Unit, less),
    row("less_equals_bool", "_<=_(bool, bool) -> bool", Price::Unit, less_equals),
    row("less_equals_int64", "_<=_(int, int) -> bool", Price::Unit, less_equals),
    row("less_equals_int64_double", "_<=_(int, double) -> bool", Price::Unit, less_equals),
    row("less_equals_int64_uint64", "_<=_(int, uint) -> bool", Price::Unit, less_equals),
    row("less_equals_uint64", "_<=_(uint, uint) -> bool", Price::Unit, less_equals),
    row("less_equals_uint64_double", "_<=_(uint, double) -> bool", Price::Unit, less_equals),
    row("less_equals_uint64_int64", "_<=_(uint, int) -> bool", Price::Unit, less_equals),
    row("less_equals_double", "_<=_(double, double) -> bool", Price::Unit, less_equals),
    row("less_equals_double_int64", "_<=_(double, int) -> bool", Price::Unit, less_equals),
    row("less_equals_double_uint64", "_<=_(double, uint) -> bool", Price::Unit, less_equals),
    row("less_equals_string", "_<=_(string, string) -> bool", Price::Compare, less_equals),
    row("less_equals_bytes", "_<=_(bytes, bytes) -> bool", Price::Compare, less_equals),
    row("less_equals_timestamp", "_<=_(timestamp, timestamp) -> bool", Price::Unit, less_equals),
    row("less_equals_duration", "_<=_(duration, duration) -> bool", Price::Unit, less_equals),
    row("greater_bool", "_>_(bool, bool) -> bool", Price::Unit, greater),
    row("greater_int64", "_>_(int, int) -> bool", Price::Unit, greater),
    row("greater_int64_double", "_>_(int, double) -> bool", Price::Unit, greater),
    row("greater_int64_uint64", "_>_(int, uint) -> bool", Price::Unit, greater),
    row("greater_uint64", "_>_(uint, uint) -> bool", Price::Unit, greater),
    row("greater_uint64_double", "_>_(uint, double) -> bool", Price::Unit, greater),
    row("greater_uint64_int64", "_>_(uint, int) -> bool", Price::Unit, greater),
    row("greater_double", "_>_(double, double) -> bool", Price::Unit, greater),
    row("greater_double_int64", "_>_(double, int) -> bool", Price::Unit, greater),
    row("greater_double_uint64", "_>_(double, uint) -> bool", Price::Unit, greater),
    row("greater_string", "_>_(string, string) -> bool", Price::Compare, greater),
    row("greater_bytes", "_>_(bytes, bytes) -> bool", Price::Compare, greater),
    row("greater_timestamp", "_>_(timestamp, timestamp) -> bool", Price::Unit, greater),
    row("greater_duration", "_>_(duration, duration) -> bool", Price::Unit, greater),
    row("greater_equals_bool", "_>=_(bool, bool) -> bool", Price::Unit, greater_equals),
    row("greater_equals_int64", "_>=_(int, int) -> bool", Price::Unit, greater_equals),
    row("greater_equals_int64_double", "_>=_(int, double) -> bool", Price::Unit, greater_equals),
    row("greater_equals_int64_uint64", "_>=_(int, uint) -> bool", Price::Unit, greater_equals),
    row("greater_equals_uint64", "_>=_(uint, uint) -> bool", Price::Unit, greater_equals),
    row("greater_equals_uint64_double", "_>=_(uint, double) -> bool", Price::Unit, greater_equals),
    row("greater_equals_uint64_int64", "_>=_(uint, int) -> bool", Price::Unit, greater_equals),
    row("greater_equals_double", "_>=_(double, double) -> bool", Price::Unit, greater_equals),
    row("greater_equals_double_int64", "_>=_(double, int) -> bool", Price::Unit, greater_equals),
    row("greater_equals_double_uint64", "_>=_(double, uint) -> bool", Price::Unit, greater_equals),
    row("greater_equals_string", "_>=_(string, string) -> bool", Price::Compare, greater_equals),
    row("greater_equals_bytes", "_>=_(bytes, bytes) -> bool", Price::Compare, greater_equals),
    row("greater_equals_timestamp", "_>=_(timestamp, timestamp) -> bool", Price::Unit, greater_equals),
    row("greater_equals_duration", "_>=_(duration, duration) -> bool", Price::Unit, greater_equals),
];

fn ordering<'a>(arguments: &[Value<'a>], accept: fn(Ordering) -> bool) -> Evaluated<'a> {
    let [a, b] = arguments else { return Err(EvalError::no_overload()) };
    compare(a, b).map(|ordering| Value::Bool(accept(ordering)))
}

fn less<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    ordering(arguments, Ordering::is_lt)
}

fn less_equals<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    ordering(arguments, Ordering::is_le)
}

fn greater<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    ordering(arguments, Ordering::is_gt)
}

fn greater_equals<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    ordering(arguments, Ordering::is_ge)
}
