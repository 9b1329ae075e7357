//! The order of merged lists: that of the patch for what it names, that of the server for the rest.

use serde_json::Value;
use std::collections::HashMap;

/// What identifies an item: its merge key, or itself if the list is one of primitives.
pub(super) fn identity<'a>(item: &'a Value, key: &str) -> Option<&'a Value> {
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
