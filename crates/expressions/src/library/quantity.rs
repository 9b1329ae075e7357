//! Quantities (k8s.io/apiserver, pkg/cel/library/quantity.go).

use super::{Price, Row, price::Size, row};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Evaluated, Opaque, Value},
};
use machinery::quantity::{Format, Quantity};
use std::cmp::Ordering;

const SCAN: Price = Price::Scan { argument: 0, result: Size::Unknown };

pub(super) const ROWS: &[Row] = &[
    row("string_to_quantity", "quantity(string) -> kubernetes.Quantity", SCAN, to_quantity),
    row("is_quantity_string", "isQuantity(string) -> bool", SCAN, is_quantity),
    row("quantity_get_float", "kubernetes.Quantity:asApproximateFloat() -> double", Price::Unit, as_float),
    row("quantity_get_int", "kubernetes.Quantity:asInteger() -> int", Price::Unit, as_integer),
    row("quantity_is_integer", "kubernetes.Quantity:isInteger() -> bool", Price::Unit, is_integer),
    // Upstream declares it so, and it can be called so only.
    row("quantity_sign", "sign(kubernetes.Quantity) -> int", Price::Unit, sign),
    row("quantity_add", "kubernetes.Quantity:add(kubernetes.Quantity) -> kubernetes.Quantity", Price::Unit, add),
    row("quantity_add_int", "kubernetes.Quantity:add(int) -> kubernetes.Quantity", Price::Unit, add),
    row("quantity_sub", "kubernetes.Quantity:sub(kubernetes.Quantity) -> kubernetes.Quantity", Price::Unit, subtract),
    row("quantity_sub_int", "kubernetes.Quantity:sub(int) -> kubernetes.Quantity", Price::Unit, subtract),
    row(
        "quantity_is_greater_than",
        "kubernetes.Quantity:isGreaterThan(kubernetes.Quantity) -> bool",
        Price::Unit,
        greater,
    ),
    row("quantity_is_less_than", "kubernetes.Quantity:isLessThan(kubernetes.Quantity) -> bool", Price::Unit, less),
    row("quantity_compare_to", "kubernetes.Quantity:compareTo(kubernetes.Quantity) -> int", Price::Unit, compare_to),
];

fn of(quantity: Quantity) -> Value<'static> {
    Value::Opaque(Opaque::Quantity(quantity))
}

fn own(arguments: &[Value<'_>]) -> Result<Quantity, EvalError> {
    match arguments.first() {
        Some(Value::Opaque(Opaque::Quantity(quantity))) => Ok(*quantity),
        _ => Err(EvalError::no_overload()),
    }
}

fn other(arguments: &[Value<'_>]) -> Result<Quantity, EvalError> {
    match arguments.get(1) {
        Some(Value::Opaque(Opaque::Quantity(quantity))) => Ok(*quantity),
        Some(Value::Int(value)) => Ok(Quantity::new(*value, Format::DecimalExponent)),
        _ => Err(EvalError::no_overload()),
    }
}

fn to_quantity<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text)] = arguments else { return Err(EvalError::no_overload()) };
    text.parse().map(of).map_err(|error: machinery::quantity::ParseError| EvalError::Invalid(error.to_string()))
}

fn is_quantity<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text)] = arguments else { return Err(EvalError::no_overload()) };
    Ok(Value::Bool(text.parse::<Quantity>().is_ok()))
}

#[expect(clippy::cast_precision_loss, reason = "approximate by name")]
fn as_float<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let quantity = own(arguments)?;
    let value = if quantity.is_integer() { quantity.value() as f64 } else { quantity.milli_value() as f64 / 1000.0 };
    Ok(Value::Double(value))
}

fn as_integer<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let quantity = own(arguments)?;
    if !quantity.is_integer() {
        return Err(EvalError::invalid("cannot convert value to integer"));
    }
    Ok(Value::Int(quantity.value()))
}

fn is_integer<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    own(arguments).map(|quantity| Value::Bool(quantity.is_integer()))
}

fn sign<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    own(arguments).map(|quantity| number(quantity.cmp(&Quantity::default())))
}

fn number(ordering: Ordering) -> Value<'static> {
    Value::Int(ordering as i64)
}

fn add<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(of(own(arguments)? + other(arguments)?))
}

fn subtract<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(of(own(arguments)? - other(arguments)?))
}

fn ordering(arguments: &[Value<'_>]) -> Result<Ordering, EvalError> {
    Ok(own(arguments)?.cmp(&other(arguments)?))
}

fn greater<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    ordering(arguments).map(|ordering| Value::Bool(ordering.is_gt()))
}

fn less<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    ordering(arguments).map(|ordering| Value::Bool(ordering.is_lt()))
}

fn compare_to<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    ordering(arguments).map(number)
}
