//! The order of merged lists: that of the patch for what it names, that of the server for the rest.

use super::{Fault, PATCH, SET_ORDER, Scope, list::merge_or_replace, without_directives};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// What identifies an item: its merge key, or itself if the list is one of primitives.
fn identity<'a>(item: &'a Value, key: &str) -> Option<&'a Value> {
    if key.is_empty() { Some(item) } else { item.get(key) }
}

/// Where the items of a list stand; of several alike the first.
pub(super) struct Places<'a> {
    key: &'a str,
    places: HashMap<&'a Value, usize>,
}

impl<'a> Places<'a> {
    pub(super) fn of(list: &'a [Value], key: &'a str) -> Self {
        let mut places = HashMap::with_capacity(list.len());
        for (place, item) in list.iter().enumerate() {
            if let Some(identity) = identity(item, key) {
                places.entry(identity).or_insert(place);
            }
        }
        Self { key, places }
    }

    /// The place of the item that is identified as this one.
    pub(super) fn find(&self, item: &Value) -> Option<usize> {
        self.places.get(identity(item, self.key)?).copied()
    }
}

/// Sorts merged items: those in `patch_order` as there, the others as in `server_order`; an item of the server goes
/// before one of the patch only if it was before it on the server.
pub(super) fn in_order(merged: Vec<Value>, patch_order: &[Value], server_order: &[Value], key: &str) -> Vec<Value> {
    let (patch_order, server_order) = (Places::of(patch_order, key), Places::of(server_order, key));
    let (mut patched, mut others): (Vec<_>, Vec<_>) =
        merged.into_iter().partition(|item| patch_order.find(item).is_some());
    let rank = |order: &Places<'_>, item: &Value| order.find(item).unwrap_or(usize::MAX);
    patched.sort_by_cached_key(|item| rank(&patch_order, item));
    others.sort_by_cached_key(|item| rank(&server_order, item));

    let mut ordered = Vec::with_capacity(patched.len() + others.len());
    let (mut patched, mut others) = (patched.into_iter().peekable(), others.into_iter().peekable());
    while let (Some(left), Some(right)) = (others.peek(), patched.peek()) {
        let places = server_order.find(left).zip(server_order.find(right));
        let next = if places.is_some_and(|(left, right)| left < right) { others.next() } else { patched.next() };
        ordered.extend(next);
    }
    ordered.extend(others);
    ordered.extend(patched);
    ordered
}

/// Merges the lists for which the patch has a `$setElementOrder`, and takes them out of the patch.
pub(super) fn merge_ordered_lists(
    original: &mut Map<String, Value>,
    patch: &mut Map<String, Value>,
    scope: Scope,
) -> Result<(), Fault> {
    let names: Vec<String> = patch.keys().filter_map(|key| key.strip_prefix(SET_ORDER)).map(Into::into).collect();
    for name in names {
        let malformed = || Fault::Malformed("invalid patch format of setElementOrder list".into());
        let order = patch.remove(&format!("{SET_ORDER}{name}"));
        let Some(Value::Array(order)) = order else { return Err(malformed()) };
        let (ty, merge) = scope.field(&name);
        let server = list(original.get(&name)).map_err(|()| malformed())?;
        let wanted = list(patch.get(&name)).map_err(|()| malformed())?;
        if patch.get(&name).is_some_and(Value::is_null) {
            continue;
        }
        if let Some(wanted) = &wanted {
            check_order(wanted, &order, merge.key)?;
        }
        let merged = match (server.clone(), wanted) {
            (None, None) => continue,
            (Some(server), None) => server,
            (None, Some(wanted)) => wanted.into_iter().filter_map(without_directives).collect(),
            (Some(server), Some(wanted)) => merge_or_replace(server, wanted, ty, merge)?,
        };
        patch.remove(&name);
        let ordered = in_order(merged, &order, &server.unwrap_or_default(), merge.key);
        original.insert(name, Value::Array(ordered));
    }
    Ok(())
}

fn list(value: Option<&Value>) -> Result<Option<Vec<Value>>, ()> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items.clone())),
        Some(_) => Err(()),
    }
}

/// The items of the patch must stand in the order that it asks for itself.
fn check_order(patch: &[Value], order: &[Value], key: &str) -> Result<(), Fault> {
    let mut rest = order.iter();
    for item in patch.iter().filter(|item| item.get(PATCH).is_none()) {
        let wanted = identity(item, key);
        if !rest.any(|other| identity(other, key) == wanted) {
            let (patch, order) = (Value::from(patch), Value::from(order));
            return Err(Fault::Unmergeable(format!(
                "The order in patch list:\n{patch}\n doesn't match $setElementOrder list:\n{order}\n"
            )));
        }
    }
    Ok(())
}
