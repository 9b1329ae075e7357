//! How a value divides into fields that can have different owners.

use crate::schema::{Definition, Element, List, Merge, Type};
use serde_json::{Map, Value};

/// What server-side apply sees in a value.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// One whole: a scalar, an atomic list, an atomic object.
    Leaf,
    /// An object with known fields.
    Struct(Definition),
    /// An object with arbitrary keys.
    Map(Element),
    /// A list of values that are owned one by one.
    Set,
    /// A list of objects that are told apart by these keys.
    Items(&'static [&'static str], Element),
}

impl Shape {
    pub(super) fn of(ty: Type, merge: Merge) -> Self {
        match (ty, merge.list) {
            (_, List::Atomic) => Self::Leaf,
            (Type::Struct(definition), _) if !definition.is_atomic() => Self::Struct(definition),
            (Type::Map(element), _) => Self::Map(element),
            (Type::Array(_), List::Set) => Self::Set,
            (Type::Array(element), List::Map(keys)) => Self::Items(keys, element),
            _ => Self::Leaf,
        }
    }

    /// The shape of what stands under a key of an object.
    pub(super) fn field(self, key: &str) -> Self {
        match self {
            Self::Struct(definition) => {
                definition.field(key).map_or(Self::Leaf, |field| Self::of(field.ty, field.merge))
            }
            Self::Map(element) => Self::of(element.ty(), Merge::default()),
            _ => Self::Leaf,
        }
    }

    /// The path element and shape of an item of a list; `None` if an item lacks the keys that tell it apart.
    pub(super) fn item(self, item: &Value) -> Option<(String, Self)> {
        match self {
            Self::Set => Some((format!("v:{item}"), Self::Leaf)),
            Self::Items(keys, element) => {
                let present = keys.iter().filter_map(|key| Some(((*key).to_owned(), key_value(item, key)?)));
                let present: Map<String, Value> = present.collect();
                let element = Self::of(element.ty(), Merge::default());
                (!present.is_empty()).then(|| (format!("k:{}", Value::Object(present)), element))
            }
            _ => None,
        }
    }

    /// Whether the value really has the form that the shape says.
    pub(super) fn fits(self, value: &Value) -> bool {
        match self {
            Self::Leaf => false,
            Self::Struct(_) | Self::Map(_) => value.is_object(),
            Self::Set | Self::Items(..) => {
                value.as_array().is_some_and(|items| items.iter().all(|item| self.item(item).is_some()))
            }
        }
    }
}

/// The value of a key; ports that say no protocol mean TCP.
fn key_value(item: &Value, key: &str) -> Option<Value> {
    match item.get(key) {
        None if key == "protocol" => Some("TCP".into()),
        value => value.cloned(),
    }
}
