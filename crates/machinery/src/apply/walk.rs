//! Walks over values along their shapes: which fields there are, merging, taking out.
//! Source: `sigs.k8s.io/structured-merge-diff/v6/typed`.

use super::{
    field_set::{FieldSet, Node},
    shape::Shape,
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The fields that a value sets (`tofieldset.go`).
pub(super) fn fields_of(value: &Value, shape: Shape<'_>) -> FieldSet {
    let mut set = FieldSet::default();
    let mut repeated = BTreeSet::new();
    for (element, child, child_shape) in children(value, shape) {
        // Of items that are alike only that there are such is known.
        if value.is_array() && (set.elements.contains_key(&element) || repeated.contains(&element)) {
            set.elements.insert(element.clone(), Node { member: true, below: FieldSet::default() });
            repeated.insert(element);
            continue;
        }
        let known = matches!(shape, Shape::Struct(definition) if definition.field(&element[2..]).is_some());
        let empty_list =
            child.as_array().is_some_and(Vec::is_empty) && matches!(child_shape, Shape::Set | Shape::Items(..));
        let empty = child.as_object().is_some_and(Map::is_empty);
        let below = fields_of(child, child_shape);
        let member = !known || empty || (!child_shape.fits(child) && !empty_list);
        if member || !below.is_empty() {
            set.elements.insert(element, Node { member, below });
        }
    }
    set
}

/// What is directly below a value: path element, value, shape.
pub(super) fn children<'v, 'a>(value: &'v Value, shape: Shape<'a>) -> Vec<(String, &'v Value, Shape<'a>)> {
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

/// The live value with what the applied one says put in (`merge.go`).
pub(super) fn merge(live: &Value, applied: &Value, shape: Shape<'_>) -> Value {
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

/// Items that both have stand where the live list has such, in the order of the applied one; new ones go last. An
/// applied item takes the place of all live ones that are alike, and nothing of them.
fn merge_items(live: &[Value], applied: &[Value], shape: Shape<'_>) -> Vec<Value> {
    let element = |item: &Value| shape.item(item).map(|(element, _)| element);
    let mut by_element: BTreeMap<_, Option<&Value>> = BTreeMap::new();
    for item in live {
        by_element.entry(element(item)).and_modify(|alike| *alike = None).or_insert(Some(item));
    }
    let merged_item = |item: &Value| {
        let item_shape = shape.item(item).map_or(Shape::Leaf, |(_, shape)| shape);
        match by_element.get(&element(item)) {
            Some(Some(live)) => merge(live, item, item_shape),
            _ => item.clone(),
        }
    };
    let wanted: BTreeSet<_> = applied.iter().map(element).collect();
    let mut shared = applied.iter().filter(|item| by_element.contains_key(&element(item)));
    let mut merged = Vec::with_capacity(live.len() + applied.len());
    for item in live {
        if wanted.contains(&element(item)) {
            merged.extend(shared.next().map(merged_item));
        } else {
            merged.push(item.clone());
        }
    }
    merged.extend(shared.map(merged_item));
    merged.extend(applied.iter().filter(|item| !by_element.contains_key(&element(item))).cloned());
    merged
}

/// The value without the fields of a set (`remove.go`); null where nothing is left.
pub(super) fn without(value: &Value, unwanted: &FieldSet, shape: Shape<'_>) -> Value {
    if unwanted.is_empty() || !shape.fits(value) {
        return value.clone();
    }
    // What stays of a child.
    let rest = |element: &str, child: &Value, shape: Shape<'_>| match unwanted.elements.get(element) {
        None => Some(child.clone()),
        Some(node) if node.member => None,
        Some(node) => Some(without(child, &node.below, shape)),
    };
    match value {
        Value::Object(map) => {
            let rest =
                |(key, child): (&String, _)| Some((key.clone(), rest(&format!("f:{key}"), child, shape.field(key))?));
            let left: Map<String, Value> = map.iter().filter_map(rest).collect();
            if left.is_empty() { Value::Null } else { Value::Object(left) }
        }
        Value::Array(items) => {
            let rest = |item| shape.item(item).and_then(|(element, item_shape)| rest(&element, item, item_shape));
            let left: Vec<Value> = items.iter().filter_map(rest).collect();
            if left.is_empty() { Value::Null } else { Value::Array(left) }
        }
        other => other.clone(),
    }
}

/// The set with all named fields in it that have something below them (`EnsureNamedFieldsAreMembers` of
/// `fieldpath/set.go`).
pub(super) fn with_parents(set: &FieldSet, shape: Shape<'_>) -> FieldSet {
    let elements = set.elements.iter().map(|(element, node)| {
        let (is_field, below) = match (shape, element.split_at_checked(2)) {
            (Shape::Struct(definition), Some(("f:", name))) => (definition.field(name).is_some(), shape.field(name)),
            (_, Some(("f:", name))) => (false, shape.field(name)),
            (Shape::Items(_, item), _) => (false, Shape::element(item)),
            _ => (false, Shape::Leaf),
        };
        let member = node.member || (is_field && !node.below.is_empty());
        (element.clone(), Node { member, below: with_parents(&node.below, below) })
    });
    FieldSet { elements: elements.collect() }
}
