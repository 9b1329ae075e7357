//! What objects are filled in with (`k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting`).

use super::Structural;
use serde_json::{Map, Value};

/// Fields of objects in objects, which no schema has to name.
const OF_OBJECTS: [&str; 3] = ["apiVersion", "kind", "metadata"];

impl Structural {
    /// Whether there is anything to fill in.
    #[must_use]
    pub fn has_defaults(&self) -> bool {
        self.has_defaults
    }

    /// Fills in what a value leaves open, and what is null where there may be no null.
    pub fn default(&self, value: &mut Value) {
        if !self.has_defaults {
            return;
        }
        match value {
            Value::Object(fields) => self.default_fields(fields),
            Value::Array(items) => {
                for (schema, item) in self.items().into_iter().cycle().zip(items) {
                    schema.default(item);
                }
            }
            _ => {}
        }
    }

    /// Whether a value has no fields but those that the schema knows.
    #[must_use]
    pub fn knows(&self, value: &Value) -> bool {
        match value {
            Value::Object(fields) => fields.iter().all(|(name, value)| match self.field(name) {
                Some(schema) => schema.knows(value),
                None => self.preserves_unknown_fields || (self.is_resource && OF_OBJECTS.contains(&name.as_str())),
            }),
            Value::Array(items) => self.items().is_none_or(|schema| items.iter().all(|item| schema.knows(item))),
            _ => true,
        }
    }

    /// The same for the fields of an object.
    pub fn default_fields(&self, fields: &mut Map<String, Value>) {
        for (name, schema) in self.properties().filter(|(_, schema)| schema.has_defaults) {
            let Some(default) = schema.default_value() else { continue };
            let found = fields.get(name);
            if found.is_none() || (found.is_some_and(Value::is_null) && !schema.nullable) {
                fields.insert(name.to_owned(), default.clone());
            }
        }
        for (name, value) in fields.iter_mut() {
            let Some(schema) = self.field(name) else { continue };
            if let Some(default) = schema.default_value()
                && value.is_null()
                && !schema.nullable
            {
                *value = default.clone();
            }
            schema.default(value);
        }
    }
}
