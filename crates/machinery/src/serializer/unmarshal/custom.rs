//! Objects whose kind came at run time: what is unknown goes
//! (`k8s.io/apiextensions-apiserver/pkg/apiserver/schema/{pruning,objectmeta}`). Types are held against the schema by its
//! validation, but for those of metadata, which is like that of all objects.

use super::{Step, Type, Unmarshal};
use crate::schema::{Node, Structural};
use serde_json::{Map, Value};

impl<'a> Unmarshal<'a> {
    /// Reads the fields of an object.
    pub(super) fn custom(&mut self, object: &mut Map<String, Value>, node: Node<'a>) -> Result<(), String> {
        // Null says nothing where it is no value; what has a default gets that later.
        object.retain(|name, value| !value.is_null() || node.schema.field(name).is_none_or(Structural::keeps_null));
        let mut unknown = Vec::new();
        for (name, value) in &mut *object {
            self.steps.push(Step::Field { of: None, name: name.clone() });
            if !self.custom_field(name, value, node)? {
                unknown.push(name.clone());
            }
            self.steps.pop();
        }
        for name in unknown {
            object.remove(&name);
            self.note_unknown(None, name);
        }
        Ok(())
    }

    /// Reads a field; false if there is none of that name.
    fn custom_field(&mut self, name: &str, value: &mut Value, node: Node<'a>) -> Result<bool, String> {
        match name {
            "metadata" if node.schema.is_resource() => {
                let metadata = node.tables.object_meta();
                metadata.map_or(Ok(()), |metadata| self.value(value, Type::Struct(metadata)))?;
            }
            "apiVersion" | "kind" if node.schema.is_resource() => {}
            _ => match node.schema.field(name) {
                Some(schema) => self.custom_value(value, Node { schema, ..node })?,
                None => return Ok(node.schema.preserves_unknown_fields()),
            },
        }
        Ok(true)
    }

    fn custom_value(&mut self, value: &mut Value, node: Node<'a>) -> Result<(), String> {
        match value {
            Value::Object(fields) => self.custom(fields, node),
            Value::Array(items) => {
                let Some(schema) = node.schema.items() else { return Ok(()) };
                for (index, item) in items.iter_mut().enumerate() {
                    self.steps.push(Step::Index(index));
                    self.custom_value(item, Node { schema, ..node })?;
                    self.steps.pop();
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::whale;
    use serde_json::json;

    #[test]
    fn what_is_unknown_goes() {
        let free = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true,
            "properties": {"known": {"type": "object", "properties": {"a": {"type": "integer"}}}}});
        let kind = whale(&json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {
            "size": {"type": "integer"}, "color": {"type": "string"}, "maybe": {"type": "string", "nullable": true},
            "calves": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
            "notes": {"type": "object", "additionalProperties": {"type": "string"}},
            "free": free,
        }}}}));
        let mut object = json!({"kind": "Whale", "metadata": {"name": "a"}, "extra": 1, "spec": {
            "size": 3, "color": null, "maybe": null, "fins": 2, "calves": [{"age": 1}], "notes": {"a": "b"},
            "free": {"x": {"y": 1}, "known": {"a": 1, "b": 2}}}});
        let mut unmarshal = Unmarshal::default();
        unmarshal.object(object.as_object_mut().unwrap(), kind.definition().unwrap()).unwrap();
        unmarshal.unknown.sort();
        assert_eq!(unmarshal.unknown, ["extra", "spec.calves[0].age", "spec.fins", "spec.free.known.b"]);
        let spec = json!({"size": 3, "calves": [{}], "maybe": null, "notes": {"a": "b"}, "free": {"x": {"y": 1}, "known": {"a": 1}}});
        assert_eq!(object, json!({"kind": "Whale", "metadata": {"name": "a"}, "spec": spec}));
    }
}
