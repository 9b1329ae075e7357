//! Sets of fields, as `metadata.managedFields` writes them (`FieldsV1`).

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A set of fields of an object: a tree of path elements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FieldSet {
    /// By path element in its written form: `f:name`, `k:{"name":"a"}` or `v:"value"`.
    pub elements: BTreeMap<String, Node>,
}

/// What is in the set at and below a path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Node {
    /// Whether the path itself is in the set, not only something below it.
    pub member: bool,
    pub below: FieldSet,
}

/// Whether a text is a path element: a field, an item by its keys, its value or its index (`fieldpath/serialize-pe.go`).
fn is_element(text: &str) -> bool {
    let json = |text: &str| serde_json::from_str::<Value>(text).ok();
    match text.split_at_checked(2) {
        Some(("f:", _)) => true,
        Some(("v:", value)) => json(value).is_some(),
        Some(("k:", keys)) => json(keys).is_some_and(|keys| keys.is_object()),
        Some(("i:", index)) => index.parse::<usize>().is_ok(),
        _ => false,
    }
}

impl FieldSet {
    /// Reads `fieldsV1`. What cannot be read is left out.
    pub(super) fn from_value(value: &Value) -> Option<Self> {
        let elements = value.as_object()?.iter().filter(|(element, _)| *element != ".");
        let node = |(element, value): (&String, &Value)| {
            let below = Self::from_value(value).filter(|_| is_element(element))?;
            Some((element.clone(), Node { member: value.get(".").is_some() || below.is_empty(), below }))
        };
        Some(Self { elements: elements.map(node).collect::<Option<_>>()? })
    }

    /// Writes `fieldsV1`.
    pub(super) fn to_value(&self) -> Value {
        let mut map = Map::new();
        for (element, node) in &self.elements {
            let mut value = node.below.to_value();
            if let (true, false, Value::Object(value)) = (node.member, node.below.is_empty(), &mut value) {
                value.insert(".".into(), Value::Object(Map::new()));
            }
            map.insert(element.clone(), value);
        }
        Value::Object(map)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// Puts in what is at and below a path element.
    pub(super) fn put(&mut self, element: &str, node: Node) {
        if node.member || !node.below.is_empty() {
            self.elements.insert(element.to_owned(), node);
        }
    }

    /// Adds all of another set.
    pub(super) fn unite(&mut self, other: &Self) {
        for (element, theirs) in &other.elements {
            let ours = self.elements.entry(element.clone()).or_default();
            ours.member |= theirs.member;
            ours.below.unite(&theirs.below);
        }
    }

    /// Takes all of another set out.
    pub(super) fn subtract(&mut self, other: &Self) {
        for (element, theirs) in &other.elements {
            if let Some(ours) = self.elements.get_mut(element) {
                ours.member &= !theirs.member;
                ours.below.subtract(&theirs.below);
            }
        }
        self.elements.retain(|_, node| node.member || !node.below.is_empty());
    }

    /// What is in both sets.
    pub(super) fn intersection(&self, other: &Self) -> Self {
        let mut both = Self::default();
        for (element, ours) in &self.elements {
            let Some(theirs) = other.elements.get(element) else { continue };
            let node = Node { member: ours.member && theirs.member, below: ours.below.intersection(&theirs.below) };
            if node.member || !node.below.is_empty() {
                both.elements.insert(element.clone(), node);
            }
        }
        both
    }

    /// All paths, as messages write them: `.spec.containers[name="a"].image`.
    pub(super) fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.collect_paths("", &mut paths);
        paths
    }

    fn collect_paths(&self, parent: &str, paths: &mut Vec<String>) {
        for (element, node) in &self.elements {
            let path = format!("{parent}{}", readable(element));
            if node.member {
                paths.push(path.clone());
            }
            node.below.collect_paths(&path, paths);
        }
    }
}

/// A path element as messages write it.
pub(super) fn readable(element: &str) -> String {
    match element.split_at_checked(2) {
        Some(("f:", name)) => format!(".{name}"),
        Some(("v:", value)) => format!("[={value}]"),
        Some(("k:", keys)) => {
            let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let keys: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("[{}]", keys.join(","))
        }
        _ => element.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection, prelude::*};
    use serde_json::json;

    #[test]
    fn sets_are_read_and_written() {
        let value = json!({
            "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
            "f:spec": {"f:containers": {"k:{\"name\":\"a\"}": {".": {}, "f:image": {}}}},
            "f:finalizers": {"v:\"x\"": {}},
        });
        let set = FieldSet::from_value(&value).unwrap();
        assert_eq!(set.to_value(), value);
        assert_eq!(
            set.paths(),
            [
                ".finalizers[=\"x\"]",
                ".metadata.labels",
                ".metadata.labels.app",
                ".spec.containers[name=\"a\"]",
                ".spec.containers[name=\"a\"].image",
            ]
        );
    }

    #[test]
    fn what_is_no_set_of_fields_is_none() {
        for malformed in [
            json!("x"),
            json!({"spec": {}}),
            json!({"f:spec": 1}),
            json!({"k:{": {}}),
            json!({"v:": {}}),
            json!({"i:x": {}}),
            json!({"f:a": {"f:b": {"c": {}}}}),
        ] {
            assert_eq!(FieldSet::from_value(&malformed), None, "{malformed}");
        }
    }

    fn set() -> impl Strategy<Value = FieldSet> {
        collection::vec(collection::vec("[a-c]", 1..4), 0..6).prop_map(|paths| {
            let mut set = FieldSet::default();
            for path in paths {
                let (last, parents) = path.split_last().unwrap();
                let place = parents
                    .iter()
                    .fold(&mut set, |set, step| &mut set.elements.entry(format!("f:{step}")).or_default().below);
                place.elements.entry(format!("f:{last}")).or_default().member = true;
            }
            set
        })
    }

    proptest! {
        #[test]
        fn laws_of_sets(a in set(), b in set()) {
            let mut union = a.clone();
            union.unite(&b);
            let mut without = union.clone();
            without.subtract(&b);
            let common = a.intersection(&b);
            prop_assert_eq!(&common, &b.intersection(&a));
            let mut rest = a.clone();
            rest.subtract(&b);
            prop_assert_eq!(&without, &rest);
            rest.unite(&common);
            prop_assert_eq!(&rest, &a);
            prop_assert_eq!(FieldSet::from_value(&union.to_value()), Some(union));
        }
    }
}
