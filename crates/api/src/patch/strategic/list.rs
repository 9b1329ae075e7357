//! Merging lists.

use super::{Fault, PATCH, Scope, merge_object, order::in_order, without_directives};
use crate::schema::{Merge, Type};
use serde_json::{Map, Value};

/// Merges lists that have the merge strategy, takes the patch's for all others.
pub(super) fn merge_or_replace(
    original: Vec<Value>,
    patch: Vec<Value>,
    ty: Type,
    merge: Merge,
) -> Result<Vec<Value>, Fault> {
    if !merge.merges {
        return Ok(patch);
    }
    if original.is_empty() && patch.is_empty() {
        return Ok(original);
    }
    let server_order = original.clone();
    if are_objects(&original, &patch)? {
        let element = if let Type::Array(element) = ty { Scope::of(element.ty()) } else { Scope::Unknown };
        let (original, patch) = do_directives(original, patch, merge.key)?;
        // A list that was replaced as a whole has no order but its own.
        let server_order = if patch.is_none() { original.clone() } else { server_order };
        let patch = patch.unwrap_or_default();
        let merged = merge_items(original, &patch, merge.key, element)?;
        return Ok(in_order(merged, &patch, &server_order, merge.key));
    }
    let mut merged: Vec<Value> = Vec::new();
    for item in original.into_iter().chain(patch.iter().cloned()) {
        if !merged.contains(&item) {
            merged.push(item);
        }
    }
    Ok(in_order(merged, &patch, &server_order, ""))
}

/// Whether the items are objects; all must be of one type, and none a list.
fn are_objects(original: &[Value], patch: &[Value]) -> Result<bool, Fault> {
    let mut items = original.iter().chain(patch);
    if items.clone().any(Value::is_array) {
        return Err(Fault::Unprocessable("lists of lists are not supported".into()));
    }
    let objects = items.clone().filter(|item| item.is_object()).count();
    let first = items.next().map(std::mem::discriminant);
    if items.any(|item| Some(std::mem::discriminant(item)) != first) {
        return Err(Fault::Unmergeable("list element types are not identical".into()));
    }
    Ok(objects > 0)
}

/// Does what items with `$patch` say: those to delete are gone from the first list, directives from the second; no
/// second list when the patch replaces the first.
fn do_directives(
    mut original: Vec<Value>,
    patch: Vec<Value>,
    key: &str,
) -> Result<(Vec<Value>, Option<Vec<Value>>), Fault> {
    let (mut plain, mut replace) = (Vec::new(), false);
    for item in patch {
        let Some((map, directive)) = item.as_object().and_then(|map| Some((map, map.get(PATCH)?))) else {
            plain.push(item);
            continue;
        };
        match directive.as_str() {
            Some("delete") => {
                let unwanted = map.get(key).ok_or_else(|| no_merge_key(map, key))?;
                original.retain(|item| item.get(key) != Some(unwanted));
            }
            Some("replace") => replace = true,
            Some("merge") => {
                return Err(Fault::Unmergeable("merging lists cannot yet be specified in the patch".into()));
            }
            _ => return Err(Fault::unknown_directive(directive, map)),
        }
    }
    if replace { Ok((plain, None)) } else { Ok((original, Some(plain))) }
}

fn merge_items(mut merged: Vec<Value>, patch: &[Value], key: &str, scope: Scope) -> Result<Vec<Value>, Fault> {
    for item in patch {
        let Value::Object(item) = item else { continue };
        let value = item.get(key).ok_or_else(|| no_merge_key(item, key))?;
        let place = merged.iter_mut().find(|other| other.get(key) == Some(value));
        match place {
            Some(Value::Object(before)) => *before = merge_object(std::mem::take(before), item.clone(), scope)?,
            _ => merged.extend(without_directives(Value::Object(item.clone()))),
        }
    }
    Ok(merged)
}

fn no_merge_key(map: &Map<String, Value>, key: &str) -> Fault {
    Fault::Unmergeable(format!("map: {} does not contain declared merge key: {key}", Value::Object(map.clone())))
}
