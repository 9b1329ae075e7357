//! Structural schemas: what objects of kinds look like that come at run time
//! (`k8s.io/apiextensions-apiserver/pkg/apiserver/schema`: pruning, defaulting, validation).

mod validate;

use super::merge::List;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};
use std::{borrow::Cow, collections::BTreeMap};

/// The schema of a value (`JSONSchemaProps` of `apiextensions.k8s.io/v1`).
#[derive(Debug, Clone, Default, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "they are the flags of the format")]
#[serde(rename_all = "camelCase", default)]
pub struct Structural {
    r#type: String,
    properties: BTreeMap<String, Structural>,
    #[serde(deserialize_with = "schema_or_bool")]
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
    #[serde(rename = "x-kubernetes-embedded-resource")]
    is_resource: bool,
    #[serde(rename = "x-kubernetes-list-type")]
    list_type: String,
    #[serde(rename = "x-kubernetes-list-map-keys")]
    list_map_keys: Vec<Cow<'static, str>>,
    #[serde(rename = "x-kubernetes-map-type")]
    map_type: String,
}

/// `additionalProperties`: true stands for values of any kind, false for none.
fn schema_or_bool<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<Structural>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum SchemaOrBool {
        Bool(bool),
        Schema(Box<Structural>),
    }
    Ok(match SchemaOrBool::deserialize(deserializer)? {
        SchemaOrBool::Bool(true) => {
            Some(Box::new(Structural { preserves_unknown_fields: true, ..<Structural as Default>::default() }))
        }
        SchemaOrBool::Bool(false) => None,
        SchemaOrBool::Schema(schema) => Some(schema),
    })
}

/// Fields of every object, which no schema has to name.
const OF_EVERY_OBJECT: [&str; 3] = ["apiVersion", "kind", "metadata"];

impl Structural {
    /// The same, of objects that have a type and metadata, as all objects do.
    #[must_use]
    pub(super) fn of_objects(self) -> Self {
        Self { is_resource: true, ..self }
    }

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

/// What is asked of one node.
impl Structural {
    pub(crate) fn type_name(&self) -> &str {
        &self.r#type
    }

    pub(crate) fn is_int_or_string(&self) -> bool {
        self.int_or_string
    }

    pub(crate) fn preserves_unknown_fields(&self) -> bool {
        self.preserves_unknown_fields
    }

    /// Whether the value is an object with a kind and metadata of its own.
    pub(crate) fn is_resource(&self) -> bool {
        self.is_resource
    }

    pub(crate) fn items(&self) -> Option<&Self> {
        self.items.as_deref()
    }

    /// What stands under keys that are no properties.
    pub(crate) fn values(&self) -> Option<&Self> {
        self.additional_properties.as_deref()
    }

    pub(crate) fn has_properties(&self) -> bool {
        !self.properties.is_empty()
    }

    pub(crate) fn property_names(&self) -> impl Iterator<Item = &str> {
        self.properties.keys().map(String::as_str)
    }

    pub(crate) fn property(&self, name: &str) -> Option<(&str, &Self)> {
        self.properties.get_key_value(name).map(|(name, schema)| (name.as_str(), schema))
    }

    pub(crate) fn default_value(&self) -> Option<&Value> {
        self.default.as_ref()
    }

    /// How server-side apply divides the value; lists change as a whole unless something else is said.
    pub(crate) fn list(&self) -> List<'_> {
        match (self.r#type.as_str(), self.list_type.as_str()) {
            ("array", "set") => List::Set,
            ("array", "map") => List::Map(&self.list_map_keys),
            ("array", _) => List::Atomic,
            _ if self.is_atomic_map() => List::Atomic,
            _ => List::Unsaid,
        }
    }

    pub(crate) fn is_atomic_map(&self) -> bool {
        self.map_type == "atomic"
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
