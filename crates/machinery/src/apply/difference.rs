//! How one value of a shape differs from another (`sigs.k8s.io/structured-merge-diff/v6/typed/compare.go`).

use super::{
    field_set::{FieldSet, Node},
    shape::{Shape, zero},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// How one value differs from another.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// Fields that are new or have another value.
    pub changed: FieldSet,
    /// Fields that are gone.
    pub removed: FieldSet,
}

/// What stands under a path element: before, after, and its shape.
type Pair<'v, 'a> = (Vec<&'v Value>, Vec<&'v Value>, Shape<'a>);

/// Compares two values of one shape, as Go holds them: structs that nothing was said of are there.
pub(super) fn compare(old: &Value, new: &Value, shape: Shape<'_>) -> Difference {
    let mut difference = Difference::default();
    for (element, (old, new, shape)) in pairs(Some(old), Some(new), shape) {
        difference.add(&element, &old, &new, shape);
    }
    difference
}

impl Difference {
    fn add(&mut self, element: &str, old: &[&Value], new: &[&Value], shape: Shape<'_>) {
        let (changed, removed) = match (old, new) {
            ([] | [_], [] | [_]) => compare_one(old.first().copied(), new.first().copied(), shape),
            // Items that are alike are compared as one.
            ([_, _, ..], [_, _, ..]) => (member(old != new), Node::default()),
            ([_, _, ..], _) => {
                let (changed, _) = compare_one(None, new.first().copied(), shape);
                (changed, member(true))
            }
            (_, _) => {
                let (_, removed) = compare_one(old.first().copied(), None, shape);
                (member(true), removed)
            }
        };
        self.changed.put(element, changed);
        self.removed.put(element, removed);
    }
}

fn member(member: bool) -> Node {
    Node { member, below: FieldSet::default() }
}

/// What changed and what is gone of one value.
fn compare_one(old: Option<&Value>, new: Option<&Value>, shape: Shape<'_>) -> (Node, Node) {
    if old == new {
        return (Node::default(), Node::default());
    }
    let (added, gone) = (old.is_none() && new.is_some(), new.is_none() && old.is_some());
    let divides = |value: Option<&Value>| value.is_none_or(|value| value.is_null() || shape.fits(value));
    if matches!(shape, Shape::Leaf) || !divides(old) || !divides(new) || (is_empty(old, shape) && is_empty(new, shape))
    {
        let differs = old.zip(new).is_some_and(|(old, new)| old != new);
        return (member(added || differs), member(gone));
    }
    let mut below = Difference::default();
    for (element, (old, new, shape)) in pairs(old, new, shape) {
        below.add(&element, &old, &new, shape);
    }
    (Node { member: added, below: below.changed }, Node { member: gone, below: below.removed })
}

/// Whether there is nothing in it. A struct that Go holds something in is not empty.
fn is_empty(value: Option<&Value>, shape: Shape<'_>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(fields)) => {
            let holds = |shape| matches!(shape, Shape::Struct(definition) if definition.fields().any(|field| zero(&field).is_some()));
            fields.is_empty() && !holds(shape)
        }
        Some(_) => false,
    }
}

/// What is directly below two values, by path element.
fn pairs<'v, 'a>(old: Option<&'v Value>, new: Option<&'v Value>, shape: Shape<'a>) -> BTreeMap<String, Pair<'v, 'a>> {
    let mut pairs: BTreeMap<String, Pair<'v, 'a>> = BTreeMap::new();
    for (element, value, shape) in children(old, shape) {
        pairs.entry(element).or_insert((Vec::new(), Vec::new(), shape)).0.push(value);
    }
    for (element, value, shape) in children(new, shape) {
        pairs.entry(element).or_insert((Vec::new(), Vec::new(), shape)).1.push(value);
    }
    pairs
}

/// What is directly below a value, and what Go holds there besides.
fn children<'v, 'a>(value: Option<&'v Value>, shape: Shape<'a>) -> Vec<(String, &'v Value, Shape<'a>)> {
    let Some(value) = value else { return Vec::new() };
    let mut children = super::walk::children(value, shape);
    if let (Shape::Struct(definition), Value::Object(fields)) = (shape, value) {
        for field in definition.fields().filter(|field| !fields.contains_key(field.name)) {
            if let Some(zero) = zero(&field) {
                children.push((format!("f:{}", field.name), zero, Shape::of(field.ty, field.merge)));
            }
        }
    }
    children
}
