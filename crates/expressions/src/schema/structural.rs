//! The schemas of kinds that come at run time.

use super::{ListType, Schema};
use machinery::schema::{List, Structural};

impl Schema for Structural {
    fn type_name(&self) -> &str {
        Structural::type_name(self)
    }

    fn format(&self) -> &str {
        Structural::format(self)
    }

    fn property(&self, name: &str) -> Option<&dyn Schema> {
        Structural::property(self, name).map(|(_, schema)| schema as &dyn Schema)
    }

    fn for_each_property<'s>(&'s self, visit: &mut dyn FnMut(&'s str, &'s dyn Schema)) {
        for (name, schema) in self.properties() {
            visit(name, schema);
        }
    }

    fn items(&self) -> Option<&dyn Schema> {
        Structural::items(self).map(|schema| schema as &dyn Schema)
    }

    /// `additionalProperties: true` says nothing of the values.
    fn additional_properties(&self) -> Option<&dyn Schema> {
        let says =
            |values: &&Structural| !Structural::type_name(values).is_empty() || Structural::is_int_or_string(values);
        self.values().filter(says).map(|schema| schema as &dyn Schema)
    }

    fn is_required(&self, property: &str) -> bool {
        Structural::is_required(self, property)
    }

    fn has_default(&self) -> bool {
        Structural::has_default(self)
    }

    fn max_length(&self) -> Option<i64> {
        Structural::max_length(self).and_then(|length| i64::try_from(length).ok())
    }

    fn max_items(&self) -> Option<i64> {
        Structural::max_items(self).and_then(|count| i64::try_from(count).ok())
    }

    fn max_properties(&self) -> Option<i64> {
        Structural::max_properties(self).and_then(|count| i64::try_from(count).ok())
    }

    fn longest_of_enum(&self) -> Option<i64> {
        let lengths = self.allowed_values().iter().map(|value| value.as_str().map_or(0, str::len));
        lengths.max().and_then(|length| i64::try_from(length).ok())
    }

    fn is_nullable(&self) -> bool {
        Structural::is_nullable(self)
    }

    fn is_int_or_string(&self) -> bool {
        Structural::is_int_or_string(self)
    }

    fn is_embedded_resource(&self) -> bool {
        self.is_resource()
    }

    fn list_type(&self) -> ListType {
        match self.list() {
            List::Set => ListType::Set,
            List::Map(_) => ListType::Map,
            List::Atomic | List::Unsaid => ListType::Atomic,
        }
    }

    fn list_map_keys(&self) -> Vec<&str> {
        match self.list() {
            List::Map(keys) => keys.iter().map(|key| &**key).collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Shape;
    use serde_json::json;

    #[test]
    fn a_structural_schema_says_what_its_text_says() {
        let text = json!({"type": "object", "required": ["a"], "properties": {
            "a": {"type": "string", "maxLength": 5},
            "b": {"type": "array", "maxItems": 3, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
                "items": {"type": "object", "required": ["k"], "properties": {"k": {"type": "string", "enum": ["x", "yy"]}}}},
            "c": {"type": "object", "maxProperties": 2, "additionalProperties": {"x-kubernetes-int-or-string": true}},
            "d": {"type": "object", "additionalProperties": true},
            "e": {"type": "string", "format": "date-time", "nullable": true, "default": "2020-01-01T00:00:00Z"}}});
        let structural: Structural = serde_json::from_value(text.clone()).unwrap();
        let mut compared = 0;
        let (of_text, of_structural) = (Shape::new(&text).unwrap(), Shape::new(&structural).unwrap());
        assert_eq!(of_structural.min_size(), of_text.min_size());
        of_structural.for_each_property(&mut |name, shape| {
            let other = of_text.property(name).unwrap();
            assert_eq!((shape.form, shape.max_elements()), (other.form, other.max_elements()), "{name}");
            assert_eq!(shape.schema.list_map_keys(), other.schema.list_map_keys());
            assert_eq!(shape.schema.is_nullable(), other.schema.is_nullable());
            compared += 1;
        });
        assert_eq!(compared, 5);
    }
}
