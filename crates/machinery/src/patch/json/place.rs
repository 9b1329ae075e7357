//! Places in a document, named by JSON pointers (RFC 6901).

use serde_json::Value;

const MISSING: &str = "missing value";
const INVALID_INDEX: &str = "invalid index referenced";

/// The value that holds what the path names, and the last step of the path; none if there is no such value.
pub(super) fn find<'a>(document: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let mut steps = path.split('/').map(step);
    steps.next()?;
    let last = steps.next_back()?;
    let mut holder = document;
    for step in steps {
        holder = match holder {
            Value::Object(fields) => fields.get_mut(&step)?,
            Value::Array(items) => {
                let index = index(&step, items.len()).ok()?;
                items.get_mut(index)?
            }
            _ => return None,
        };
    }
    (holder.is_object() || holder.is_array()).then_some((holder, last))
}

fn step(written: &str) -> String {
    written.replace("~1", "/").replace("~0", "~")
}

fn number(step: &str) -> Result<i64, String> {
    step.parse().map_err(|_| format!("strconv.Atoi: parsing {step:?}: invalid syntax"))
}

/// The index that a step means in a list, or just behind a list, of that length; from the end if it is negative.
fn index(step: &str, length: usize) -> Result<usize, String> {
    let number = number(step)?;
    let from_start = if number < 0 { number.saturating_add_unsigned(length as u64) } else { number };
    let fault = || format!("Unable to access invalid index: {number}: {INVALID_INDEX}");
    usize::try_from(from_start).ok().filter(|index| *index < length).ok_or_else(fault)
}

/// The value under a step; null for a field that is not there.
pub(super) fn get<'a>(holder: &'a Value, step: &str) -> Result<&'a Value, String> {
    match holder {
        Value::Array(items) => index(step, items.len()).map(|index| &items[index]),
        _ => Ok(holder.get(step).unwrap_or(&Value::Null)),
    }
}

/// Puts a value in place of another; into objects also where there was none.
pub(super) fn set(holder: &mut Value, step: &str, value: Value) -> Result<(), String> {
    match holder {
        Value::Array(items) => {
            let index = index(step, items.len())?;
            items[index] = value;
        }
        Value::Object(fields) => drop(fields.insert(step.to_owned(), value)),
        _ => {}
    }
    Ok(())
}

/// Puts a value in; says how many others had to move.
pub(super) fn add(holder: &mut Value, step: &str, value: Value) -> Result<usize, String> {
    let Value::Array(items) = holder else { return set(holder, step, value).map(|()| 0) };
    if step == "-" {
        items.push(value);
        return Ok(0);
    }
    number(step).map_err(|fault| format!("value was not a proper array index: '{step}': {fault}"))?;
    let index = index(step, items.len() + 1)?;
    items.insert(index, value);
    Ok(items.len() - index)
}

/// Takes a value out; says how many others had to move.
pub(super) fn remove(holder: &mut Value, step: &str) -> Result<(Value, usize), String> {
    match holder {
        Value::Array(items) => {
            let index = index(step, items.len())?;
            Ok((items.remove(index), items.len() - index))
        }
        Value::Object(fields) if fields.contains_key(step) => Ok((fields.remove(step).unwrap_or_default(), 0)),
        _ => Err(format!("Unable to remove nonexistent key: {step}: {MISSING}")),
    }
}
