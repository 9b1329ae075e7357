//! Whether two values are the same. Values of different types are not, numbers aside.

use super::{Key, List, Map, Value, compare, compare::Numbers};
use crate::{budget::Meter, error::EvalError, schema::ListType};
use std::{cmp::Ordering, collections::BTreeMap};

/// # Errors
/// What is compared is not what its schema says, or too much.
pub fn equal<'a>(a: &Value<'a>, b: &Value<'a>, meter: &mut Meter) -> Result<bool, EvalError> {
    meter.work(1)?;
    match compare::numbers(a, b) {
        Numbers::Neither => {}
        numbers => return Ok(numbers == Numbers::Ordered(Ordering::Equal)),
    }
    Ok(match (a, b) {
        (Value::Null, Value::Null) | (Value::Optional(None), Value::Optional(None)) => true,
        (Value::List(a), Value::List(b)) => lists(a, b, meter)?,
        (Value::Map(a), Value::Map(b)) => maps(a, b, meter)?,
        (Value::Type(a), Value::Type(b)) => a == b,
        (Value::Optional(Some(a)), Value::Optional(Some(b))) => equal(a, b, meter)?,
        (Value::Opaque(a), Value::Opaque(b)) => a == b,
        _ => compare(a, b) == Ok(Ordering::Equal),
    })
}

fn lists<'a>(a: &List<'a>, b: &List<'a>, meter: &mut Meter) -> Result<bool, EvalError> {
    if a.len() != b.len() {
        return Ok(false);
    }
    match a.list_type() {
        ListType::Atomic => in_order(a, b, meter),
        ListType::Set => as_sets(a, b, meter),
        ListType::Map => by_keys(a, b, meter),
    }
}

fn in_order<'a>(a: &List<'a>, b: &List<'a>, meter: &mut Meter) -> Result<bool, EvalError> {
    for (a, b) in a.iter().zip(b.iter()) {
        if !equal(&a?, &b?, meter)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Sets hold scalars: their order does not matter.
fn as_sets<'a>(a: &List<'a>, b: &List<'a>, meter: &mut Meter) -> Result<bool, EvalError> {
    meter.work(a.len() + b.len())?;
    let sorted = |list: &List<'a>| -> Result<Vec<Option<Key<'a>>>, EvalError> {
        let mut keys = list.iter().map(|item| item.map(|item| Key::of(&item))).collect::<Result<Vec<_>, _>>()?;
        keys.sort();
        Ok(keys)
    };
    Ok(sorted(a)? == sorted(b)?)
}

fn by_keys<'a>(a: &List<'a>, b: &List<'a>, meter: &mut Meter) -> Result<bool, EvalError> {
    meter.work(a.len() + b.len())?;
    let mut others = BTreeMap::new();
    for item in b.iter() {
        let item = item?;
        others.insert(a.keys_of(&item), item);
    }
    for item in a.iter() {
        let item = item?;
        match others.get(&a.keys_of(&item)) {
            Some(other) if equal(&item, other, meter)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn maps<'a>(a: &Map<'a>, b: &Map<'a>, meter: &mut Meter) -> Result<bool, EvalError> {
    if a.len() != b.len() || a.type_name() != b.type_name() {
        return Ok(false);
    }
    for key in a.keys() {
        let (Some(value), Some(other)) = (a.find(&key), b.find(&key)) else {
            // What neither of two objects shows (null, unknown) does not tell them apart.
            if a.find(&key).is_none() && b.find(&key).is_none() {
                continue;
            }
            return Ok(false);
        };
        if !equal(&value?, &other?, meter)? {
            return Ok(false);
        }
    }
    Ok(true)
}
