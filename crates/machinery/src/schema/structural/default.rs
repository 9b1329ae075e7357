//! What objects are filled in with (`k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting`).

use super::Structural;
use serde_json::{Map, Value};

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
