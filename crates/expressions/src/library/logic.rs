//! Truth, choice, equality, indexing. Most of them are no functions to the evaluator: they decide what is evaluated at all.

use super::{Price, Row, row};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Evaluated, Value, equal},
};

pub(super) const ROWS: &[Row] = &[
    row("conditional", "_?_:_(bool, A, A) -> A", Price::Nothing, planned),
    row("logical_and", "_&&_(bool, bool) -> bool", Price::Nothing, planned),
    row("logical_or", "_||_(bool, bool) -> bool", Price::Nothing, planned),
    row("logical_not", "!_(bool) -> bool", Price::Unit, not),
    row("not_strictly_false", "@not_strictly_false(bool) -> bool", Price::Unit, planned),
    row("equals", "_==_(A, A) -> bool", Price::Compare, equals),
    row("not_equals", "_!=_(A, A) -> bool", Price::Compare, not_equals),
    row("index_list", "_[_](list(A), int) -> A", Price::Unit, planned),
    row("index_map", "_[_](map(A, B), A) -> B", Price::Unit, planned),
];

/// Stands for what is evaluated by steps of its own.
pub(super) fn planned<'a>(_: &mut Meter, _: &mut [Value<'a>]) -> Evaluated<'a> {
    Err(EvalError::no_overload())
}

fn not<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::Bool(value)] = arguments else { return Err(EvalError::no_overload()) };
    Ok(Value::Bool(!*value))
}

fn equals<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [a, b] = arguments else { return Err(EvalError::no_overload()) };
    equal(a, b, meter).map(Value::Bool)
}

fn not_equals<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [a, b] = arguments else { return Err(EvalError::no_overload()) };
    equal(a, b, meter).map(|same| Value::Bool(!same))
}
