//! Rules in the schemas of custom kinds: expressions about values and what they were before
//! (`k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel`).

mod check;
mod compile;
mod field_path;
mod message;

pub(super) use compile::{Rule, compile};
pub(super) use field_path::resolve;

use machinery::{
    behaviour::ObjectRules,
    field::ErrorList,
    schema::{Structural, ValidationRule},
};
use serde_json::Value;
use std::sync::Arc;

/// The rules of a schema, compiled; nothing if it has none.
pub(crate) fn rules(schema: &Structural) -> Option<Arc<dyn ObjectRules>> {
    Node::new(schema).map(|node| Arc::new(node) as Arc<dyn ObjectRules>)
}

/// The rules of one node of a schema and those below. Nodes without are left out.
#[derive(Debug)]
struct Node {
    rules: Vec<(ValidationRule, Rule)>,
    items: Option<Box<Node>>,
    values: Option<Box<Node>>,
    properties: Vec<(Box<str>, Node)>,
}

impl Node {
    fn new(schema: &Structural) -> Option<Self> {
        let rules = schema.validations().iter();
        let node = Self {
            rules: rules.filter_map(|rule| Some((rule.clone(), compile(schema, rule)?))).collect(),
            items: schema.items().and_then(Self::new).map(Box::new),
            values: schema.values().and_then(Self::new).map(Box::new),
            properties: schema
                .properties()
                .filter_map(|(name, schema)| Some((name.into(), Self::new(schema)?)))
                .collect(),
        };
        let is_empty =
            node.rules.is_empty() && node.items.is_none() && node.values.is_none() && node.properties.is_empty();
        (!is_empty).then_some(node)
    }
}

impl ObjectRules for Node {
    fn check(&self, schema: &Structural, object: &Value, old: Option<&Value>) -> ErrorList {
        check::check(self, schema, object, old)
    }
}

#[cfg(test)]
mod tests;
