//! JSON with the fields of each struct in the order in which Go writes them; keys of maps are sorted.

use super::{Alternative, Definition, Type};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};
use serde_json::{Map, Value};

/// The fields of `meta.k8s.io` kinds and of lists, in Go's order.
const OF_LISTS: [&str; 6] = ["kind", "apiVersion", "metadata", "columnDefinitions", "rows", "items"];

/// The JSON text of an object or list. Custom resources have no order but that of their fields' names, as in Kubernetes.
#[must_use]
pub fn to_json(object: &Value) -> Vec<u8> {
    // Values and memory give no cause for errors.
    serde_json::to_vec(&Ordered { value: object, form: Form::Described }).unwrap_or_default()
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
    Typed(Type),
    /// The value says which kind it is, if it is of one.
    Described,
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
            Self::Described => described(fields).map_or(self, |definition| Self::Typed(Type::Struct(definition))),
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
            Self::Described => {
                let place = OF_LISTS.iter().position(|known| *known == name).unwrap_or(OF_LISTS.len());
                let metadata = Definition::named("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
                let form = metadata
                    .filter(|_| name == "metadata")
                    .map_or(Self::Described, |definition| Self::Typed(Type::Struct(definition)));
                (u8::try_from(place).unwrap_or(u8::MAX), form)
            }
        }
    }

    /// Whether the fields have another order than that of their names.
    fn orders(self, fields: &Map<String, Value>) -> bool {
        match self {
            Self::Typed(ty) => matches!(ty, Type::Struct(_)),
            Self::Described => {
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
            Self::Described => self,
        }
    }
}

/// The definition of the kind that an object says it is of.
fn described(fields: &Map<String, Value>) -> Option<Definition> {
    let (api_version, kind) = (fields.get("apiVersion")?.as_str()?, fields.get("kind")?.as_str()?);
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    Definition::identified(group, version, kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_written_in_the_order_of_go() {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"annotations": {"b": "1", "a": "2"}, "uid": "u", "resourceVersion": "7", "name": "n", "labels": {}},
            "spec": {"nodeName": "x", "containers": [{"image": "i", "name": "c", "resources": {}}], "volumes": [
                {"emptyDir": {}, "name": "v"},
            ]},
            "status": {},
        });
        let text = concat!(
            r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"n","uid":"u","resourceVersion":"7","labels":{},"#,
            r#""annotations":{"a":"2","b":"1"}},"spec":{"volumes":[{"name":"v","emptyDir":{}}],"#,
            r#""containers":[{"name":"c","image":"i","resources":{}}],"nodeName":"x"},"status":{}}"#,
        );
        assert_eq!(String::from_utf8(to_json(&pod)).unwrap(), text);
        let list = json!({"apiVersion": "v1", "items": [pod], "kind": "PodList", "metadata": {}});
        let expected = format!(r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{}},"items":[{text}]}}"#);
        assert_eq!(String::from_utf8(to_json(&list)).unwrap(), expected);
    }

    #[test]
    fn other_objects_are_written_too() {
        for (object, text) in [
            (
                json!({"kind": "Foo", "apiVersion": "a.b/v1", "metadata": {"namespace": "x", "name": "n"}, "a": {"kind": 1}}),
                r#"{"a":{"kind":1},"apiVersion":"a.b/v1","kind":"Foo","metadata":{"name":"n","namespace":"x"}}"#,
            ),
            (
                json!({
                    "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "rows": [{"cells": [1], "object": {
                        "apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": {"uid": "u", "name": "n"},
                    }}], "columnDefinitions": [],
                }),
                concat!(
                    r#"{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{},"columnDefinitions":[],"rows":[{"cells":[1],"#,
                    r#""object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"n","uid":"u"}}}]}"#,
                ),
            ),
            (json!([{"b": 1, "a": null}, "x"]), r#"[{"a":null,"b":1},"x"]"#),
        ] {
            assert_eq!(String::from_utf8(to_json(&object)).unwrap(), text);
        }
    }
}
