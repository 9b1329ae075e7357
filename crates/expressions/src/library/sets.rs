//! Lists taken for sets (cel-go, ext/sets.go).

use super::{Price, Row, row, sequences::contains};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Evaluated, List, Value},
};

pub(super) const ROWS: &[Row] = &[
    row("list_sets_contains_list", "sets.contains(list(T), list(T)) -> bool", Price::Pairs(1), contains_all),
    row("list_sets_equivalent_list", "sets.equivalent(list(T), list(T)) -> bool", Price::Pairs(2), equivalent),
    row("list_sets_intersects_list", "sets.intersects(list(T), list(T)) -> bool", Price::Pairs(1), intersects),
];

fn includes<'a>(list: &List<'a>, parts: &List<'a>, meter: &mut Meter) -> Result<bool, EvalError> {
    for part in parts.iter() {
        if !contains(list, &part?, meter)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn contains_all<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::List(list), Value::List(parts)] = arguments else { return Err(EvalError::no_overload()) };
    includes(list, parts, meter).map(Value::Bool)
}

fn equivalent<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::List(a), Value::List(b)] = arguments else { return Err(EvalError::no_overload()) };
    Ok(Value::Bool(includes(a, b, meter)? && includes(b, a, meter)?))
}

fn intersects<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::List(a), Value::List(b)] = arguments else { return Err(EvalError::no_overload()) };
    for item in a.iter() {
        if contains(b, &item?, meter)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}
