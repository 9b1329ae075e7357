//! How a value divides into fields that can have different owners.

use crate::schema::{Definition, Element, Field, Keys, List, Merge, Presence, Type};
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// What Go writes of structs, texts and numbers that nothing was said of.
static EMPTY: LazyLock<[Value; 3]> =
    LazyLock::new(|| [Value::Object(Map::new()), Value::String(String::new()), Value::from(0)]);

/// What server-side apply sees in a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape<'a> {
    /// One whole: a scalar, an atomic list, an atomic object.
    Leaf,
    /// An object with known fields.
    Struct(Definition<'a>),
    /// An object with arbitrary keys.
    Map(Element<'a>),
    /// A list of values that are owned one by one.
    Set,
    /// A list of objects that are told apart by these keys.
    Items(Keys<'a>, Element<'a>),
}

impl<'a> Shape<'a> {
    pub(super) fn of(ty: Type<'a>, merge: Merge<'a>) -> Self {
        match (ty, merge.list) {
            (_, List::Atomic) => Self::Leaf,
            (Type::Struct(definition), _) if !definition.is_atomic() => Self::Struct(definition),
            (Type::Map(element), _) => Self::Map(element),
            (Type::Open, _) => Self::Map(Element::OPEN),
            (Type::Array(_), List::Set) => Self::Set,
            (Type::Array(element), List::Map(keys)) => Self::Items(keys, element),
            _ => Self::Leaf,
        }
    }

    /// The shape of an item of a list or of a value of a map.
    pub(super) fn element(element: Element<'a>) -> Self {
        Self::of(element.ty(), element.merge())
    }

    /// The shape of what stands under a key of an object.
    pub(super) fn field(self, key: &str) -> Self {
        match self {
            Self::Struct(definition) => {
                definition.field(key).map_or(Self::Leaf, |field| Self::of(field.ty, field.merge))
            }
            Self::Map(element) => Self::element(element),
            _ => Self::Leaf,
        }
    }

    /// The path element and shape of an item of a list; `None` if an item lacks the keys that tell it apart.
    pub(super) fn item(self, item: &Value) -> Option<(String, Self)> {
        match self {
            Self::Set if item.is_object() || item.is_array() || item.is_null() => None,
            Self::Set => Some((format!("v:{item}"), Self::Leaf)),
            Self::Items(keys, element) => {
                let fields = item.as_object()?;
                let value = |key: &str| fields.get(key).cloned().or_else(|| default_key(element.ty(), key));
                let present = keys.iter().filter_map(|key| Some((key.to_string(), value(key)?)));
                let present: Map<String, Value> = present.collect();
                let element = Self::element(element);
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

/// The value of a key that an item leaves out: the schema's default, Go's zero of what is always written; ports without
/// protocol mean TCP.
fn default_key(ty: Type<'_>, key: &str) -> Option<Value> {
    let Type::Struct(definition) = ty else { return None };
    let field = definition.field(key)?;
    if field.default.is_some() {
        return field.default.cloned();
    }
    match field.presence {
        _ if definition.row().is_some() && key == "protocol" => Some("TCP".into()),
        Presence::Always => zero(&field).cloned(),
        _ => None,
    }
}

/// What stands in an object of Go in the place of a field that is not written: null for lists and maps that have no
/// `omitempty`, nothing for what has it.
pub(super) fn zero(field: &Field<'_>) -> Option<&'static Value> {
    let [object, text, number] = &*EMPTY;
    match (field.ty, field.presence) {
        (_, Presence::Set) => None,
        (Type::Struct(_), _) => Some(object),
        (_, Presence::Filled) => None,
        (Type::String, _) => Some(text),
        (Type::Int32 | Type::Int64, _) => Some(number),
        (Type::Bool, _) => Some(&Value::Bool(false)),
        _ => Some(&Value::Null),
    }
}
