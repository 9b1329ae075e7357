//! New lists from old ones.

use super::super::{Price, Row, price::NewList, row, sequences::contains};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Evaluated, List, Value, compare},
};

pub const ROWS: &[Row] = &[
    row("list_slice", "list(T):slice(int, int) -> list(T)", Price::NewList(NewList::Slice), slice),
    row("list_flatten", "list(list(T)):flatten() -> list(T)", Price::Flatten, flatten),
    row("list_flatten_int", "list(dyn):flatten(int) -> list(dyn)", Price::Flatten, flatten),
    row("lists_range", "lists.range(int) -> list(int)", Price::NewList(NewList::Range), range),
    row("list_reverse", "list(T):reverse() -> list(T)", Price::NewList(NewList::Reverse), reverse),
    row("list_distinct", "list(T):distinct() -> list(T)", sorting(0, false), distinct),
    row("list_int_sort", "list(int):sort() -> list(int)", sorting(0, false), sort),
    row("list_uint_sort", "list(uint):sort() -> list(uint)", sorting(0, false), sort),
    row("list_double_sort", "list(double):sort() -> list(double)", sorting(0, false), sort),
    row("list_bool_sort", "list(bool):sort() -> list(bool)", sorting(0, false), sort),
    row("list_google.protobuf.Duration_sort", "list(duration):sort() -> list(duration)", sorting(0, false), sort),
    row("list_google.protobuf.Timestamp_sort", "list(timestamp):sort() -> list(timestamp)", sorting(0, false), sort),
    row("list_string_sort", "list(string):sort() -> list(string)", sorting(0, true), sort),
    row("list_bytes_sort", "list(bytes):sort() -> list(bytes)", sorting(0, true), sort),
    row(
        "list_int_sortByAssociatedKeys",
        "list(T):@sortByAssociatedKeys(list(int)) -> list(T)",
        sorting(1, false),
        sort,
    ),
    row(
        "list_uint_sortByAssociatedKeys",
        "list(T):@sortByAssociatedKeys(list(uint)) -> list(T)",
        sorting(1, false),
        sort,
    ),
    row(
        "list_double_sortByAssociatedKeys",
        "list(T):@sortByAssociatedKeys(list(double)) -> list(T)",
        sorting(1, false),
        sort,
    ),
    row(
        "list_bool_sortByAssociatedKeys",
        "list(T):@sortByAssociatedKeys(list(bool)) -> list(T)",
        sorting(1, false),
        sort,
    ),
    row(
        "list_google.protobuf.Duration_sortByAssociatedKeys",
        "list(T):@sortByAssociatedKeys(list(duration)) -> list(T)",
        sorting(1, false),
        sort,
    ),
    row(
        "list_google.protobuf.Timestamp_sortByAssociatedKeys",
        "list(T):@sortByAssociatedKeys(list(timestamp)) -> list(T)",
        sorting(1, false),
        sort,
    ),
    row(
        "list_string_sortByAssociatedKeys",
        "list(T):@sortByAssociatedKeys(list(string)) -> list(T)",
        sorting(1, true),
        sort,
    ),
    row(
        "list_bytes_sortByAssociatedKeys",
        "list(T):@sortByAssociatedKeys(list(bytes)) -> list(T)",
        sorting(1, true),
        sort,
    ),
];

/// By which argument a list is sorted, and whether by strings or bytes.
const fn sorting(argument: usize, strings: bool) -> Price {
    Price::SelfCompare { argument, strings }
}

/// The longest list that `lists.range` makes.
const MAX_RANGE: i64 = 1_000_000;

fn slice<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::List(list), Value::Int(start), Value::Int(end)] = arguments else {
        return Err(EvalError::no_overload());
    };
    let refuse = |why: String| EvalError::Invalid(format!("cannot slice({start}, {end}), {why}"));
    let (Ok(from), Ok(to)) = (usize::try_from(*start), usize::try_from(*end)) else {
        return Err(refuse("negative indexes not supported".to_owned()));
    };
    if from > to {
        return Err(refuse("start index must be less than or equal to end index".to_owned()));
    }
    if list.len() < to {
        return Err(refuse(format!("list is length {}", list.len())));
    }
    collect(meter, to - from, (from..to).filter_map(|index| list.get(index)))
}

fn collect<'a>(meter: &mut Meter, length: usize, items: impl Iterator<Item = Evaluated<'a>>) -> Evaluated<'a> {
    meter.allocate(length * size_of::<Value<'_>>())?;
    items.collect::<Result<Vec<_>, _>>().map(Value::list)
}

fn flatten<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let (list, depth) = match arguments {
        [Value::List(list)] => (list, 1),
        [Value::List(list), Value::Int(depth)] => (list, *depth),
        _ => return Err(EvalError::no_overload()),
    };
    if depth < 0 {
        return Err(EvalError::invalid("level must be non-negative"));
    }
    let mut flat = Vec::new();
    flatten_into(&mut flat, list, depth, meter)?;
    Ok(Value::list(flat))
}

fn flatten_into<'a>(
    flat: &mut Vec<Value<'a>>,
    list: &List<'a>,
    depth: i64,
    meter: &mut Meter,
) -> Result<(), EvalError> {
    for item in list.iter() {
        meter.work(1)?;
        match item? {
            Value::List(inner) if depth > 0 => flatten_into(flat, &inner, depth - 1, meter)?,
            other => {
                meter.allocate(size_of::<Value<'_>>())?;
                flat.push(other);
            }
        }
    }
    Ok(())
}

fn range<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::Int(size)] = arguments else { return Err(EvalError::no_overload()) };
    let Ok(length) = usize::try_from(*size) else {
        return Err(EvalError::Invalid(format!("lists.range: size must be non-negative, got {size}")));
    };
    if *size > MAX_RANGE {
        return Err(EvalError::Invalid(format!("lists.range: size {size} exceeds maximum allowed ({MAX_RANGE})")));
    }
    collect(meter, length, (0..*size).map(|number| Ok(Value::Int(number))))
}

fn reverse<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::List(list)] = arguments else { return Err(EvalError::no_overload()) };
    collect(meter, list.len(), list.iter().rev())
}

fn distinct<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::List(list)] = arguments else { return Err(EvalError::no_overload()) };
    let mut kept = List::made(Vec::new());
    for item in list.iter() {
        let item = item?;
        if !contains(&kept, &item, meter)? {
            kept = kept.push(item, meter)?;
        }
    }
    Ok(Value::List(kept))
}

/// A list in the order of its keys, which are the items themselves if no others are given.
fn sort<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let (list, keys) = match arguments {
        [Value::List(list)] => (list.items()?, list.items()?),
        [Value::List(list), Value::List(keys)] => (list.items()?, keys.items()?),
        _ => return Err(EvalError::no_overload()),
    };
    if list.len() != keys.len() {
        return Err(EvalError::Invalid(format!(
            "@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got {} and {} \
             elements respectively",
            list.len(),
            keys.len()
        )));
    }
    if keys.iter().any(|key| key.type_name() != keys[0].type_name()) {
        return Err(EvalError::invalid("list elements must have the same type"));
    }
    if keys.first().is_some_and(|key| compare(key, key).is_err()) {
        return Err(EvalError::invalid("list elements must be comparable"));
    }
    meter.allocate(2 * list.len() * size_of::<Value<'_>>())?;
    let mut sorted: Vec<(Value<'a>, Value<'a>)> = keys.into_iter().zip(list).collect();
    sorted.sort_by(|(a, _), (b, _)| compare(a, b).unwrap_or(std::cmp::Ordering::Equal));
    Ok(Value::list(sorted.into_iter().map(|(_, item)| item).collect()))
}
