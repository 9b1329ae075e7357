//! Whether an applied object is one of its type, in the words of `sigs.k8s.io/structured-merge-diff/v6/typed/validate.go`.

use super::{field_set::readable, shape::Shape};
use crate::{
    schema::{Definition, Merge, Type},
    status::{Reason, Status},
};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// More faults are not told.
const MOST_FAULTS: usize = 100;

/// Refuses an object with fields that its type does not have, with values of a wrong type, and with items of lists that
/// cannot be told apart.
///
/// # Errors
///
/// A Status of code 500, as Kubernetes has it.
pub fn check(definition: Definition<'_>, object: &Value) -> Result<(), Status> {
    let mut walk = Walk { path: String::new(), faults: Vec::new() };
    walk.value(object, Type::Struct(definition), Merge::default());
    if walk.faults.is_empty() {
        return Ok(());
    }
    let faults = match walk.faults.as_slice() {
        [one] => one.clone(),
        many => format!("errors:\n  {}", many.join("\n  ")),
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (metadata, api_version) = (&object["metadata"], text(&object["apiVersion"]));
    let group_version = if api_version.contains('/') { api_version } else { format!("/{api_version}") };
    let (namespace, name, kind) = (text(&metadata["namespace"]), text(&metadata["name"]), text(&object["kind"]));
    let message =
        format!("failed to create typed patch object ({namespace}/{name}; {group_version}, Kind={kind}): {faults}");
    Err(Status::from_server(500, Reason::Unknown, message))
}

struct Walk {
    path: String,
    faults: Vec<String>,
}

impl Walk {
    fn fault(&mut self, what: impl AsRef<str>) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(format!("{}: {}", self.path, what.as_ref()));
        }
    }

    /// Goes below a path element.
    fn below(&mut self, element: &str, value: &Value, ty: Type<'_>, merge: Merge<'_>) {
        let length = self.path.len();
        self.path.push_str(&readable(element));
        self.value(value, ty, merge);
        self.path.truncate(length);
    }

    fn value(&mut self, value: &Value, ty: Type<'_>, merge: Merge<'_>) {
        match (ty, value) {
            (_, Value::Null) | (Type::Any | Type::Open | Type::SchemaOr(..), _) | (Type::Object, Value::Object(_)) => {}
            (Type::Struct(definition), Value::Object(fields)) => self.fields(fields, definition),
            (Type::Map(element), Value::Object(entries)) => {
                for (key, value) in entries {
                    self.below(&format!("f:{key}"), value, element.ty(), element.merge());
                }
            }
            (Type::Array(_), Value::Array(items)) => self.items(items, ty, merge),
            (Type::Struct(_) | Type::Map(_) | Type::Object, other) => {
                self.fault(format!("expected map, got &{{{other}}}"));
            }
            (Type::Array(_), other) => self.fault(format!("expected list, got &{{{other}}}")),
            (scalar, value) => self.scalar(scalar, value),
        }
    }

    fn fields(&mut self, fields: &Map<String, Value>, definition: Definition<'_>) {
        for (name, value) in fields {
            let Some(field) = definition.field(name) else {
                self.undeclared(name);
                continue;
            };
            self.below(&format!("f:{name}"), value, field.ty, field.merge);
        }
    }

    fn undeclared(&mut self, name: &str) {
        let length = self.path.len();
        self.path.extend([".", name]);
        self.fault("field not declared in schema");
        self.path.truncate(length);
    }

    fn items(&mut self, items: &[Value], ty: Type<'_>, merge: Merge<'_>) {
        let Type::Array(element) = ty else { return };
        let shape = Shape::of(ty, merge);
        let mut seen = HashSet::new();
        for (index, item) in items.iter().enumerate() {
            let path_element = match shape {
                Shape::Set | Shape::Items(..) => match shape.item(item) {
                    Some((path_element, _)) => path_element,
                    None => return self.fault(format!("element {index}: {}", not_told_apart(shape, item))),
                },
                _ => format!("[{index}]"),
            };
            self.below(&path_element, item, element.ty(), element.merge());
            if !seen.insert(path_element.clone()) {
                self.fault(format!("duplicate entries for key {}", readable(&path_element)));
            }
        }
    }

    fn scalar(&mut self, ty: Type<'_>, value: &Value) {
        let fits = match ty {
            Type::String | Type::Bytes => value.is_string(),
            Type::Int32 | Type::Int64 | Type::Number => value.is_number(),
            Type::Bool => value.is_boolean(),
            _ => !value.is_object() && !value.is_array(),
        };
        if fits {
            return;
        }
        self.fault(match ty {
            Type::String | Type::Bytes => format!("expected string, got &value.valueUnstructured{{Value:{value}}}"),
            Type::Int32 | Type::Int64 | Type::Number => {
                format!("expected numeric (int or float), got {}", go_type(value))
            }
            Type::Bool => format!("expected boolean, got &{{{value}}}"),
            _ => format!("expected any scalar, got &{{{value}}}"),
        });
    }
}

/// Why an item has no path element.
fn not_told_apart(shape: Shape<'_>, item: &Value) -> String {
    match (shape, item) {
        (Shape::Items(..), Value::Null) => "associative list with keys may not have a null element".into(),
        (Shape::Items(keys, _), Value::Object(_)) => format!(
            "associative list with keys has an element that omits all key fields {keys:?} (and doesn't have default \
             values for any key fields)"
        ),
        (Shape::Items(..), _) => "associative list with keys may not have non-map elements".into(),
        (_, Value::Object(_)) => "associative list without keys has an element that's a map type".into(),
        (_, Value::Array(_)) => "not supported: associative list with lists as elements".into(),
        _ => "associative list without keys has an element that's an explicit null".into(),
    }
}

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}
