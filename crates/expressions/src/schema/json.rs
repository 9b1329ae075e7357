//! A schema as it stands in JSON is one.

use super::{ListType, Schema};
use serde_json::Value;

impl Schema for Value {
    fn type_name(&self) -> &str {
        text(self, "type")
    }

    fn format(&self) -> &str {
        text(self, "format")
    }

    fn property(&self, name: &str) -> Option<&dyn Schema> {
        self.get("properties")?.get(name).map(|schema| schema as &dyn Schema)
    }

    fn for_each_property<'s>(&'s self, visit: &mut dyn FnMut(&'s str, &'s dyn Schema)) {
        for (name, schema) in self.get("properties").and_then(Value::as_object).into_iter().flatten() {
            visit(name, schema);
        }
    }

    fn items(&self) -> Option<&dyn Schema> {
        self.get("items").map(|schema| schema as &dyn Schema)
    }

    fn additional_properties(&self) -> Option<&dyn Schema> {
        self.get("additionalProperties").filter(|schema| schema.is_object()).map(|schema| schema as &dyn Schema)
    }

    fn is_required(&self, property: &str) -> bool {
        strings(self, "required").any(|name| name == property)
    }

    fn has_default(&self) -> bool {
        self.get("default").is_some()
    }

    fn max_length(&self) -> Option<i64> {
        self.get("maxLength")?.as_i64()
    }

    fn max_items(&self) -> Option<i64> {
        self.get("maxItems")?.as_i64()
    }

    fn max_properties(&self) -> Option<i64> {
        self.get("maxProperties")?.as_i64()
    }

    fn longest_of_enum(&self) -> Option<i64> {
        let values = self.get("enum")?.as_array()?;
        let lengths = values.iter().map(|value| value.as_str().map_or(0, str::len));
        lengths.max().and_then(|length| i64::try_from(length).ok())
    }

    fn is_nullable(&self) -> bool {
        is_set(self, "nullable")
    }

    fn is_int_or_string(&self) -> bool {
        is_set(self, "x-kubernetes-int-or-string")
    }

    fn is_embedded_resource(&self) -> bool {
        is_set(self, "x-kubernetes-embedded-resource")
    }

    fn list_type(&self) -> ListType {
        match text(self, "x-kubernetes-list-type") {
            "set" => ListType::Set,
            "map" => ListType::Map,
            _ => ListType::Atomic,
        }
    }

    fn list_map_keys(&self) -> Vec<&str> {
        strings(self, "x-kubernetes-list-map-keys").collect()
    }
}

fn text<'s>(schema: &'s Value, key: &str) -> &'s str {
    schema.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn is_set(schema: &Value, key: &str) -> bool {
    schema.get(key).and_then(Value::as_bool).unwrap_or_default()
}

fn strings<'s>(schema: &'s Value, key: &str) -> impl Iterator<Item = &'s str> {
    schema.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}
