//! Merging lists.

use super::{Fault, PATCH, Scope, merge_object, order::in_order, without_directives};
use crate::schema::{Merge, Type};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// Merges lists that have the merge strategy, takes the patch's for all others.
pub(super) fn merge_or_replace(
    original: Vec<Value>,
    patch: Vec<Value>,
    ty: Type<'_>,
    merge: Merge<'_>,
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
    let mut seen = HashSet::new();
    let merged = server_order.iter().chain(&patch).filter(|item| seen.insert(*item)).cloned().collect();
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
    let (mut plain, mut replace, mut unwanted) = (Vec::new(), false, HashSet::new());
    for item in patch {
        let Some((map, directive)) = item.as_object().and_then(|map| Some((map, map.get(PATCH)?))) else {
            plain.push(item);
            continue;
        };
        match directive.as_str() {
            Some("delete") => {
                unwanted.insert(map.get(key).cloned().ok_or_else(|| no_merge_key(map, key))?);
            }
            Some("replace") => replace = true,
            Some("merge") => {
                return Err(Fault::Unmergeable("merging lists cannot yet be specified in the patch".into()));
            }
            _ => return Err(Fault::unknown_directive(directive, map)),
        }
    }
    original.retain(|item| item.get(key).is_none_or(|identity| !unwanted.contains(identity)));
    if replace { Ok((plain, None)) } else { Ok((original, Some(plain))) }
}

fn merge_items(original: Vec<Value>, patch: &[Value], key: &str, scope: Scope<'_>) -> Result<Vec<Value>, Fault> {
    let mut places: HashMap<Value, usize> = HashMap::new();
    for (place, item) in original.iter().enumerate() {
        if let Some(identity) = item.get(key) {
            places.entry(identity.clone()).or_insert(place);
        }
    }
    let mut merged = original;
    for item in patch {
        let Value::Object(item) = item else { continue };
        let identity = item.get(key).ok_or_else(|| no_merge_key(item, key))?;
        match places.get(identity).and_then(|place| merged.get_mut(*place)) {
            Some(Value::Object(before)) => *before = merge_object(std::mem::take(before), item.clone(), scope)?,
            _ => {
                if let Some(new) = without_directives(Value::Object(item.clone())) {
                    places.insert(identity.clone(), merged.len());
                    merged.push(new);
                }
            }
        }
    }
    Ok(merged)
}

fn no_merge_key(map: &Map<String, Value>, key: &str) -> Fault {
    Fault::Unmergeable(format!("map: {} does not contain declared merge key: {key}", Value::Object(map.clone())))
}
