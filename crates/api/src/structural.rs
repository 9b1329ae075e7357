//! Structural schemas: what objects of kinds look like that come at run time
//! (`k8s.io/apiextensions-apiserver/pkg/apiserver/schema`: pruning, defaulting, validation).

mod validate;

use serde::Deserialize;
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;

/// The schema of a value (`JSONSchemaProps` of `apiextensions.k8s.io/v1`).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Structural {
    r#type: String,
    properties: BTreeMap<String, Structural>,
    additional_properties: Option<Box<Structural>>,
    items: Option<Box<Structural>>,
    required: Vec<String>,
    default: Option<Value>,
    nullable: bool,
    r#enum: Vec<Value>,
    minimum: Option<Number>,
    maximum: Option<Number>,
    min_length: Option<usize>,
    max_length: Option<usize>,
    min_items: Option<usize>,
    max_items: Option<usize>,
    #[serde(rename = "x-kubernetes-preserve-unknown-fields")]
    preserves_unknown_fields: bool,
    #[serde(rename = "x-kubernetes-int-or-string")]
    int_or_string: bool,
}

/// Fields of every object, which no schema has to name.
const OF_EVERY_OBJECT: [&str; 3] = ["apiVersion", "kind", "metadata"];

impl Structural {
    /// Drops the fields of an object that the schema does not have, and returns their paths.
    pub fn prune(&self, object: &mut Map<String, Value>) -> Vec<String> {
        let mut unknown = Vec::new();
        self.prune_fields(object, "", &OF_EVERY_OBJECT, &mut unknown);
        unknown
    }

    fn prune_value(&self, value: &mut Value, path: &str, unknown: &mut Vec<String>) {
        match value {
            Value::Object(fields) => self.prune_fields(fields, path, &[], unknown),
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    if let Some(schema) = &self.items {
                        schema.prune_value(item, &format!("{path}[{index}]"), unknown);
                    }
                }
            }
            _ => {}
        }
    }

    fn prune_fields(&self, fields: &mut Map<String, Value>, path: &str, known: &[&str], unknown: &mut Vec<String>) {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        fields.retain(|name, value| {
            match self.field(name) {
                Some(schema) => schema.prune_value(value, &below(name), unknown),
                None if self.preserves_unknown_fields || known.contains(&name.as_str()) => {}
                None => {
                    unknown.push(below(name));
                    return false;
                }
            }
            true
        });
    }

    /// Fills in what a value leaves open, and what is null where there may be no null.
    pub fn default(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => self.default_fields(fields),
            Value::Array(items) => {
                if let Some(schema) = &self.items {
                    for item in items {
                        schema.default(item);
                    }
                }
            }
            _ => {}
        }
    }

    /// The same for the fields of an object.
    pub fn default_fields(&self, fields: &mut Map<String, Value>) {
        for (name, schema) in &self.properties {
            if fields.get(name).is_some_and(Value::is_null) && !schema.nullable && schema.default.is_some() {
                fields.remove(name);
            }
            if let Some(default) = schema.default.as_ref().filter(|_| !fields.contains_key(name)) {
                fields.insert(name.clone(), default.clone());
            }
        }
        for (name, value) in fields {
            if let Some(schema) = self.field(name) {
                schema.default(value);
            }
        }
    }

    fn field(&self, name: &str) -> Option<&Self> {
        self.properties.get(name).or(self.additional_properties.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Path;
    use serde_json::json;

    fn schema() -> Structural {
        serde_json::from_value(json!({"type": "object", "properties": {"spec": {"type": "object",
        "required": ["size"],
        "properties": {
            "size": {"type": "integer", "minimum": 1, "maximum": 40},
            "color": {"type": "string", "default": "grey", "enum": ["grey", "blue"]},
            "calves": {"type": "array", "maxItems": 2, "items": {"type": "object", "properties": {
                "name": {"type": "string", "minLength": 2, "default": "moby"}}}},
            "notes": {"type": "object", "additionalProperties": {"type": "string"}},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            "port": {"x-kubernetes-int-or-string": true},
        }}}}))
        .unwrap()
    }

    #[test]
    fn what_is_unknown_goes_and_what_is_missing_comes() {
        let mut object = json!({"kind": "Whale", "metadata": {"name": "a"}, "extra": 1, "spec": {
            "size": 3, "fins": 2, "calves": [{"age": 1}], "notes": {"a": "b"}, "free": {"x": {"y": 1}}, "color": null}});
        let unknown = schema().prune(object.as_object_mut().unwrap());
        assert_eq!(unknown, ["extra", "spec.calves[0].age", "spec.fins"]);
        schema().default(&mut object);
        let spec = json!({"size": 3, "calves": [{"name": "moby"}], "notes": {"a": "b"}, "free": {"x": {"y": 1}},
            "color": "grey"});
        assert_eq!(object, json!({"kind": "Whale", "metadata": {"name": "a"}, "spec": spec}));
    }

    #[test]
    fn faults_are_told_as_kubernetes_tells_them() {
        let number = "spec.size in body must be of type integer: \"string\"";
        for (spec, expected) in [
            (json!({"size": 3, "port": "http", "calves": [{}]}), vec![]),
            (json!({}), vec!["spec.size: Required value".to_owned()]),
            (json!({"size": "x"}), vec![format!("spec.size: Invalid value: \"string\": {number}")]),
            (
                json!({"size": 0}),
                vec!["spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1".into()],
            ),
            (
                json!({"size": 41}),
                vec!["spec.size: Invalid value: 41: spec.size in body should be less than or equal to 40".into()],
            ),
            (
                json!({"size": 1, "color": "red"}),
                vec!["spec.color: Unsupported value: \"red\": supported values: \"grey\", \"blue\"".into()],
            ),
            (
                json!({"size": 1, "calves": [{"name": "a"}]}),
                vec![
                    "spec.calves[0].name: Invalid value: \"a\": spec.calves[0].name in body should be at least 2 chars long"
                        .into(),
                ],
            ),
            (json!({"size": 1, "calves": [1, 2, 3]}), vec!["spec.calves: Too many: 3: must have at most 2 items".into()]),
        ] {
            let errors = schema().validate(&json!({"spec": spec}), &Path::root());
            let texts: Vec<String> = errors.iter().take(expected.len().max(1)).map(ToString::to_string).collect();
            assert_eq!(texts, expected, "{spec}");
        }
    }
}
