//! JSON with the fields of each struct in the order in which Go writes them; keys of maps are sorted.

use crate::schema::{Alternative, Definition, Tables, Type};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};
use serde_json::{Map, Value};

/// The fields of `meta.k8s.io` kinds and of lists, in Go's order.
const OF_LISTS: [&str; 6] = ["kind", "apiVersion", "metadata", "columnDefinitions", "rows", "items"];

/// The JSON text of an object or list. Custom resources have no order but that of their fields' names, as in Kubernetes.
#[must_use]
pub fn to_json(tables: &'static Tables, object: &Value) -> Vec<u8> {
    // Values and memory give no cause for errors.
    serde_json::to_vec(&Ordered { value: object, form: Form::Described(tables) }).unwrap_or_default()
}

/// A value on its way out.
struct Ordered<'a> {
    value: &'a Value,
    form: Form,
}

/// Where the order of a value's fields comes from.
#[derive(Clone, Copy)]
enum Form {
    /// The type.
    Typed(Type<'static>),
    /// The value says which kind it is, if it is one of these.
    Described(&'static Tables),
}

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.value, self.form) {
            (Value::Object(fields), form) => write_object(fields, form, serializer),
            (Value::Array(items), form) => {
                let form = form.item();
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|value| sequence.serialize_element(&Ordered { value, form }))?;
                sequence.end()
            }
            (value, _) => value.serialize(serializer),
        }
    }
}

fn write_object<S: Serializer>(fields: &Map<String, Value>, form: Form, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(fields.len()))?;
    let form = form.of_object(fields);
    let mut entries: Vec<_> = fields.iter().map(|(name, value)| (form.field(name), name, value)).collect();
    if form.orders(fields) {
        entries.sort_by_key(|((order, _), ..)| *order);
    }
    for ((_, form), name, value) in entries {
        map.serialize_entry(name, &Ordered { value, form })?;
    }
    map.end()
}

impl Form {
    /// What is known of an object's fields.
    fn of_object(self, fields: &Map<String, Value>) -> Self {
        match self {
            Self::Typed(Type::SchemaOr(definition, _)) => Self::Typed(Type::Struct(definition)),
            Self::Typed(_) => self,
            Self::Described(tables) => {
                described(tables, fields).map_or(self, |definition| Self::Typed(Type::Struct(definition)))
            }
        }
    }

    /// The place of a field among the others, and the form of its value.
    fn field(self, name: &str) -> (u8, Self) {
        match self {
            Self::Typed(Type::Struct(definition)) => match definition.field(name) {
                Some(field) => (field.order, Self::Typed(field.ty)),
                None => (u8::MAX, Self::Typed(Type::Any)),
            },
            Self::Typed(Type::Map(element)) => (0, Self::Typed(element.ty())),
            Self::Typed(_) => (0, Self::Typed(Type::Any)),
            Self::Described(tables) => {
                let place = OF_LISTS.iter().position(|known| *known == name).unwrap_or(OF_LISTS.len());
                let metadata = tables.object_meta();
                let form = metadata
                    .filter(|_| name == "metadata")
                    .map_or(self, |definition| Self::Typed(Type::Struct(definition)));
                (u8::try_from(place).unwrap_or(u8::MAX), form)
            }
        }
    }

    /// Whether the fields have another order than that of their names.
    fn orders(self, fields: &Map<String, Value>) -> bool {
        match self {
            Self::Typed(ty) => matches!(ty, Type::Struct(_)),
            Self::Described(_) => {
                fields.contains_key("items")
                    || fields.get("apiVersion").is_some_and(|version| version == "meta.k8s.io/v1")
            }
        }
    }

    fn item(self) -> Self {
        match self {
            Self::Typed(Type::Array(element)) => Self::Typed(element.ty()),
            Self::Typed(Type::SchemaOr(definition, Alternative::Schemas)) => Self::Typed(Type::Struct(definition)),
            Self::Typed(_) => Self::Typed(Type::Any),
            Self::Described(_) => self,
        }
    }
}

/// The definition of the kind that an object says it is of.
fn described(tables: &'static Tables, fields: &Map<String, Value>) -> Option<Definition<'static>> {
    let (api_version, kind) = (fields.get("apiVersion")?.as_str()?, fields.get("kind")?.as_str()?);
    tables.of_type(api_version, kind)
}
