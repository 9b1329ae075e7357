//! What holds of everything that contains something: size, membership, entries added to a map.

use super::{Price, Row, row};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Entries, Evaluated, Key, List, Map, Value, equal},
};
use std::sync::Arc;

pub(super) const ROWS: &[Row] = &[
    row("size_bytes", "size(bytes) -> int", Price::Unit, size),
    row("bytes_size", "bytes:size() -> int", Price::Unit, size),
    row("size_list", "size(list(A)) -> int", Price::Unit, size),
    row("list_size", "list(A):size() -> int", Price::Unit, size),
    row("size_map", "size(map(A, B)) -> int", Price::Unit, size),
    row("map_size", "map(A, B):size() -> int", Price::Unit, size),
    row("size_string", "size(string) -> int", Price::Unit, size),
    row("string_size", "string:size() -> int", Price::Unit, size),
    row("in_list", "@in(A, list(A)) -> bool", Price::Membership, is_in),
    row("in_map", "@in(A, map(A, B)) -> bool", Price::Unit, is_in),
];

/// What comprehensions that make maps are expanded to.
pub(super) const INSERTIONS: &[Row] = &[
    row("@mapInsert_map_key_value", "cel.@mapInsert(map(K, V), K, V) -> map(K, V)", Price::Unit, insert),
    row("@mapInsert_map_map", "cel.@mapInsert(map(K, V), map(K, V)) -> map(K, V)", Price::Unit, insert_all),
];

fn size<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    match arguments {
        [value @ (Value::Bytes(_) | Value::List(_) | Value::Map(_) | Value::String(_))] => {
            i64::try_from(value.size()).map(Value::Int).map_err(|_| EvalError::Overflow("integer"))
        }
        _ => Err(EvalError::no_overload()),
    }
}

fn is_in<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    match arguments {
        [wanted, Value::List(list)] => contains(list, wanted, meter).map(Value::Bool),
        [wanted, Value::Map(map)] => Ok(Value::Bool(map.find(wanted).is_some())),
        _ => Err(EvalError::no_overload()),
    }
}

pub(super) fn contains<'a>(list: &List<'a>, wanted: &Value<'a>, meter: &mut Meter) -> Result<bool, EvalError> {
    for item in list.iter() {
        if equal(&item?, wanted, meter)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn insert<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [map, key, value] = arguments else { return Err(EvalError::no_overload()) };
    let mut entries = owned(map, meter)?;
    put(&mut entries, key, std::mem::take(value), meter)?;
    Ok(Value::Map(Map::Made(entries)))
}

fn insert_all<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [map, Value::Map(added)] = arguments else { return Err(EvalError::no_overload()) };
    let mut entries = owned(map, meter)?;
    for (key, value) in added.entries()? {
        put(&mut entries, &key, value, meter)?;
    }
    Ok(Value::Map(Map::Made(entries)))
}

/// The map's entries, copied if somebody else holds them too.
fn owned<'a>(map: &mut Value<'a>, meter: &mut Meter) -> Result<Arc<Entries<'a>>, EvalError> {
    match std::mem::take(map) {
        Value::Map(Map::Made(mut entries)) => {
            if Arc::get_mut(&mut entries).is_none() {
                meter.allocate(entries.entries.len() * 2 * size_of::<Value<'_>>())?;
            }
            Ok(entries)
        }
        Value::Map(map) => {
            meter.allocate(map.len() * 2 * size_of::<Value<'_>>())?;
            let keyed = map.entries()?.into_iter().filter_map(|(key, value)| Some((Key::of(&key)?, value)));
            Ok(Arc::new(Entries { entries: keyed.collect(), type_name: None }))
        }
        _ => Err(EvalError::no_overload()),
    }
}

fn put<'a>(
    entries: &mut Arc<Entries<'a>>,
    key: &Value<'a>,
    value: Value<'a>,
    meter: &mut Meter,
) -> Result<(), EvalError> {
    meter.allocate(2 * size_of::<Value<'_>>())?;
    let entry = Key::of(key).ok_or_else(EvalError::no_overload)?;
    if Arc::make_mut(entries).entries.insert(entry, value).is_some() {
        return Err(EvalError::Invalid(format!("insert failed: key {} already exists", super::conversion::show(key))));
    }
    Ok(())
}
