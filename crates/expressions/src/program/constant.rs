//! What can be computed before anything is evaluated.

use super::{Member, Step};
use crate::{
    budget::Meter,
    error::EvalError,
    library::Function,
    syntax::Literal,
    value::{Key, Map, Value},
};
use std::collections::BTreeSet;

/// Functions that convert constants beforehand (cel-go, common/overloads).
const CONVERSIONS: &[&str] =
    &["bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"];

pub fn literal(literal: &Literal) -> Value<'static> {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Uint(value) => Value::Uint(*value),
        Literal::Double(value) => Value::Double(*value),
        Literal::String(text) => Value::text(text.clone()),
        Literal::Bytes(bytes) => Value::Bytes(bytes.clone()),
    }
}

fn value(step: &Step) -> Option<&Value<'static>> {
    match step {
        Step::Constant(value) => Some(value),
        _ => None,
    }
}

/// A list of constants is one.
pub fn list(elements: Vec<Member>) -> Step {
    let constant = |element: &Member| value(&element.value).filter(|_| !element.optional).cloned();
    match elements.iter().map(constant).collect() {
        Some(values) => Step::Constant(Value::list(values)),
        None => Step::List(elements.into()),
    }
}

pub fn map(entries: Vec<(Step, Member)>) -> Step {
    let constant = |(key, member): &(Step, Member)| {
        Some((Key::of(value(key)?)?, value(&member.value).filter(|_| !member.optional)?.clone()))
    };
    match entries.iter().map(constant).collect() {
        Some(values) => Step::Constant(Value::Map(Map::made(values))),
        None => Step::Map(entries.into()),
    }
}

/// A conversion of a constant, if it is one.
pub fn conversion(function: &str, calls: &[Function], arguments: &[Step]) -> Result<Option<Step>, EvalError> {
    let [argument] = arguments else { return Ok(None) };
    let (true, Some(argument)) = (CONVERSIONS.contains(&function), value(argument)) else { return Ok(None) };
    let mut result = Err(EvalError::no_overload());
    for call in calls {
        result = call(&mut Meter::new(), &mut [argument.clone()]);
        if result.is_ok() {
            break;
        }
    }
    result.map(|value| Some(Step::Constant(value)))
}

/// The constants that an `in` looks through, if they are such that looking is cheap.
pub fn members(list: &Step) -> Option<BTreeSet<Key<'static>>> {
    let Some(Value::List(list)) = value(list) else { return None };
    let mut members = BTreeSet::new();
    for item in list.items().ok()? {
        let key = Key::of(&item)?;
        members.extend(key.same_numbers());
        members.insert(key);
    }
    Some(members)
}
