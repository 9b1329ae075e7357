//! Walks over values along their shapes: which fields there are, what differs, merging, taking out.
//! Source: `sigs.k8s.io/structured-merge-diff/v6/typed`.

use super::{field_set::FieldSet, shape::Shape};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The fields that a value sets.
pub(super) fn fields_of(value: &Value, shape: Shape) -> FieldSet {
    let mut set = FieldSet::default();
    for (element, child, child_shape) in children(value, shape) {
        add_field(&mut set, element, child, child_shape, matches!(shape, Shape::Struct(_)));
    }
    set
}

fn add_field(set: &mut FieldSet, element: String, value: &Value, shape: Shape, in_struct: bool) {
    let empty = value.as_object().is_some_and(Map::is_empty);
    if !in_struct || empty || !shape.fits(value) {
        set.insert(element.clone());
    }
    set.insert_below(element, &fields_of(value, shape));
}

/// What is directly below a value: path element, value, shape.
fn children(value: &Value, shape: Shape) -> Vec<(String, &Value, Shape)> {
    match value {
        _ if !shape.fits(value) => Vec::new(),
        Value::Object(map) => map.iter().map(|(key, child)| (format!("f:{key}"), child, shape.field(key))).collect(),
        Value::Array(items) => {
            let child = |item| shape.item(item).map(|(element, item_shape)| (element, item, item_shape));
            items.iter().filter_map(child).collect()
        }
        _ => Vec::new(),
    }
}

/// How one value differs from another.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// Fields that are new or have another value.
    pub changed: FieldSet,
    /// Fields that are gone.
    pub removed: FieldSet,
}

/// Compares two values of one shape.
pub(super) fn compare(old: &Value, new: &Value, shape: Shape) -> Difference {
    let mut difference = Difference::default();
    let in_struct = matches!(shape, Shape::Struct(_));
    let mut before: BTreeMap<String, (&Value, Shape)> =
        children(old, shape).into_iter().map(|(element, value, shape)| (element, (value, shape))).collect();
    for (element, new, shape) in children(new, shape) {
        match before.remove(&element) {
            None => {
                if matches!(shape, Shape::Map(_)) {
                    difference.changed.insert(element.clone());
                }
                add_field(&mut difference.changed, element, new, shape, in_struct);
            }
            Some((old, _)) if shape.fits(old) && shape.fits(new) => {
                let below = compare(old, new, shape);
                difference.changed.insert_below(element.clone(), &below.changed);
                difference.removed.insert_below(element, &below.removed);
            }
            Some((old, _)) if old != new => difference.changed.insert(element),
            Some(_) => {}
        }
    }
    for (element, (old, shape)) in before {
        difference.removed.insert(element.clone());
        add_field(&mut difference.removed, element, old, shape, in_struct);
    }
    difference
}

/// The live value with what the applied one says put in.
pub(super) fn merge(live: &Value, applied: &Value, shape: Shape) -> Value {
    match (live, applied) {
        _ if !shape.fits(live) || !shape.fits(applied) => applied.clone(),
        (Value::Object(live), Value::Object(applied)) => {
            let mut merged = live.clone();
            for (key, value) in applied {
                let value = match live.get(key) {
                    Some(live) => merge(live, value, shape.field(key)),
                    None => value.clone(),
                };
                merged.insert(key.clone(), value);
            }
            Value::Object(merged)
        }
        (Value::Array(live), Value::Array(applied)) => Value::Array(merge_items(live, applied, shape)),
        _ => applied.clone(),
    }
}

/// Items that both have stand where the live list has such, in the order of the applied one; new ones go last.
fn merge_items(live: &[Value], applied: &[Value], shape: Shape) -> Vec<Value> {
    let element = |item: &Value| shape.item(item).map(|(element, _)| element);
    let by_element: BTreeMap<_, _> = live.iter().map(|item| (element(item), item)).collect();
    let wanted: BTreeSet<_> = applied.iter().map(element).collect();
    let mut shared = applied.iter().filter(|item| by_element.contains_key(&element(item)));
    let mut merged = Vec::with_capacity(live.len() + applied.len());
    for item in live {
        if !wanted.contains(&element(item)) {
            merged.push(item.clone());
        } else if let Some(applied) = shared.next() {
            let item_shape = shape.item(applied).map_or(Shape::Leaf, |(_, shape)| shape);
            merged.push(match by_element.get(&element(applied)) {
                Some(live) => merge(live, applied, item_shape),
                None => applied.clone(),
            });
        }
    }
    merged.extend(applied.iter().filter(|item| !by_element.contains_key(&element(item))).cloned());
    merged
}

/// Takes the fields of `unwanted` out of a value, except those that `owned` has or has something below of.
pub(super) fn remove(value: &mut Value, unwanted: &FieldSet, owned: &FieldSet, shape: Shape) {
    if !shape.fits(value) {
        return;
    }
    // Whether the child stays, after what is below it was taken out.
    let stays = |element: &str, child: &mut Value, shape: Shape| {
        let Some(node) = unwanted.elements.get(element) else { return true };
        let kept = owned.elements.get(element);
        if kept.is_none() && node.member {
            return false;
        }
        let nothing = FieldSet::default();
        remove(child, &node.below, kept.map_or(&nothing, |node| &node.below), shape);
        kept.is_some() || !child.as_object().is_some_and(Map::is_empty)
    };
    match value {
        Value::Object(map) => map.retain(|key, child| stays(&format!("f:{key}"), child, shape.field(key))),
        Value::Array(items) => items.retain_mut(|item| match shape.item(item) {
            Some((element, item_shape)) => stays(&element, item, item_shape),
            None => true,
        }),
        _ => {}
    }
}
