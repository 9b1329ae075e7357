//! The schemas of kinds that came at run time, as documents have them
//! (`k8s.io/apiextensions-apiserver/pkg/controller/openapi/{builder,v2}`).

use super::names::{self, SCHEMAS};
use crate::kind::{Kind, Schema};
use serde_json::{Map, Value, json};

/// The version of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Two,
    Three,
}

/// Conditions, of which version 2 knows nothing.
const JUNCTORS: [&str; 4] = ["allOf", "oneOf", "anyOf", "not"];

/// The schema of a kind's objects, or of its lists.
pub(super) fn schema(kind: &Kind, is_list: bool, version: Version) -> Option<String> {
    let Schema::Custom(schema) = &kind.schema else { return None };
    let mut document = if is_list { list(kind)? } else { objects(schema.document()?, version) };
    let name = if is_list { kind.list_kind() } else { (&*kind.kind).into() };
    let identity = json!([{"group": kind.group, "version": kind.version, "kind": name}]);
    document["x-kubernetes-group-version-kind"] = identity;
    let fields: Vec<Value> = kind
        .behaviour
        .selectable
        .iter()
        .flat_map(|fields| fields.iter())
        .map(|field| json!({"fieldPath": field.path}))
        .collect();
    if !is_list && !fields.is_empty() {
        document["x-kubernetes-selectable-fields"] = fields.into();
    }
    Some(document.to_string())
}

fn objects(mut document: Value, version: Version) -> Value {
    // kubectl would take it that nothing but what is named may be there.
    if version == Version::Two && is_set(&document, "x-kubernetes-preserve-unknown-fields") {
        return json!({"type": "object"});
    }
    if version == Version::Two {
        simplify(&mut document);
    }
    describe_embedded(&mut document, version);
    describe(&mut document, "ObjectMeta");
    document
}

fn list(kind: &Kind) -> Option<Value> {
    let mut document = json!({
        "description": format!("{} is a list of {}.", kind.list_kind(), kind.kind),
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"description": "The objects.", "type": "array", "items": reference(&names::of(kind)?)}},
    });
    describe(&mut document, "ListMeta");
    Some(document)
}

/// Adds what every object says of itself.
fn describe(schema: &mut Value, metadata: &str) {
    let Some(fields) = schema.as_object_mut() else { return };
    let properties = fields.entry("properties").or_insert_with(|| Map::new().into());
    let text = |what: &str| json!({"type": "string", "description": what});
    properties["apiVersion"] = text("APIVersion defines the group and version of this object's schema.");
    properties["kind"] = text("Kind defines what this object is.");
    properties["metadata"] = reference(&format!("io.k8s.apimachinery.pkg.apis.meta.v1.{metadata}"));
    properties["metadata"]["description"] =
        if metadata == "ListMeta" { "Standard list metadata." } else { "Standard object's metadata." }.into();
}

/// The same for objects in objects.
fn describe_embedded(schema: &mut Value, version: Version) {
    for below in children(schema) {
        describe_embedded(below, version);
        let is_closed = version == Version::Three || !is_set(below, "x-kubernetes-preserve-unknown-fields");
        if is_closed && is_set(below, "x-kubernetes-embedded-resource") {
            describe(below, "ObjectMeta");
            let mut required = below["required"].as_array().cloned().unwrap_or_default();
            required.extend(
                ["kind", "apiVersion"]
                    .map(Value::from)
                    .into_iter()
                    .filter(|name| !required.contains(name))
                    .collect::<Vec<_>>(),
            );
            below["required"] = required.into();
        }
    }
}

fn children(schema: &mut Value) -> Vec<&mut Value> {
    let Some(fields) = schema.as_object_mut() else { return Vec::new() };
    let mut found = Vec::new();
    for (key, value) in fields {
        match key.as_str() {
            "properties" => found.extend(value.as_object_mut().into_iter().flat_map(Map::values_mut)),
            "items" | "additionalProperties" if value.is_object() => found.push(value),
            _ => {}
        }
    }
    found
}

/// Takes out what kubectl does not understand in version 2.
fn simplify(schema: &mut Value) {
    let is_open = is_set(schema, "x-kubernetes-preserve-unknown-fields");
    let is_nullable = is_set(schema, "nullable");
    let nullable = |value: &Value| is_set(value, "nullable");
    let null_fields: Vec<String> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, field)| nullable(field))
        .map(|(name, _)| name.clone())
        .collect();
    let null_values = schema.get("additionalProperties").is_some_and(nullable);
    let Some(fields) = schema.as_object_mut() else { return };
    fields.retain(|key, _| !JUNCTORS.contains(&key.as_str()));
    if is_nullable || is_open {
        fields.retain(|key, _| !matches!(key.as_str(), "items" | "properties" | "nullable"));
    }
    let untyped = match fields.get("type").and_then(Value::as_str) {
        Some("array") => !fields.contains_key("items"),
        Some("object") => is_open,
        _ => false,
    };
    if is_nullable || untyped {
        fields.remove("type");
    }
    if let Some(Value::Array(required)) = fields.get_mut("required") {
        required.retain(|name| !null_values && !null_fields.iter().any(|field| name == field));
        if required.is_empty() {
            fields.remove("required");
        }
    }
    children(schema).into_iter().for_each(simplify);
}

fn is_set(schema: &Value, flag: &str) -> bool {
    schema.get(flag).is_some_and(|value| *value == true)
}

fn reference(name: &str) -> Value {
    json!({"allOf": [{"$ref": format!("{SCHEMAS}{name}")}]})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::whale;

    fn of(document: &Value, version: Version) -> Value {
        serde_json::from_str(&schema(&whale(document), false, version).unwrap()).unwrap()
    }

    #[test]
    fn version_two_says_what_kubectl_understands() {
        let document = json!({"type": "object", "required": ["a", "b"], "properties": {
            "a": {"type": "string", "nullable": true},
            "b": {"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {"x": {"type": "string"}}},
            "c": {"type": "array", "x-kubernetes-preserve-unknown-fields": true, "items": {"type": "string"}},
            "d": {"type": "integer", "anyOf": [{"minimum": 1}]},
        }});
        let two = of(&document, Version::Two);
        assert_eq!(two["required"], json!(["b"]));
        assert_eq!(two["properties"]["a"], json!({}));
        assert_eq!(two["properties"]["b"], json!({"x-kubernetes-preserve-unknown-fields": true}));
        assert_eq!(two["properties"]["c"], json!({"x-kubernetes-preserve-unknown-fields": true}));
        assert_eq!(two["properties"]["d"], json!({"type": "integer"}));
        let three = of(&document, Version::Three);
        assert_eq!(three["properties"]["d"], document["properties"]["d"]);
    }

    #[test]
    fn what_is_open_at_the_root_names_no_fields_in_version_two() {
        let document = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        let identity = json!([{"group": "sea.example.com", "version": "v1", "kind": "Whale"}]);
        let expected = json!({"type": "object", "x-kubernetes-group-version-kind": identity});
        assert_eq!(of(&document, Version::Two), expected);
        assert!(of(&document, Version::Three)["properties"]["metadata"].is_object());
    }

    #[test]
    fn embedded_objects_say_what_they_are() {
        let embedded = json!({"type": "object", "x-kubernetes-embedded-resource": true, "properties": {"spec": {"type": "object"}}});
        let document = json!({"type": "object", "properties": {"list": {"type": "array", "items": embedded}}});
        let three = of(&document, Version::Three);
        let fields = three["properties"]["list"]["items"]["properties"].as_object().unwrap();
        assert_eq!(fields.keys().collect::<Vec<_>>(), ["apiVersion", "kind", "metadata", "spec"]);
        assert_eq!(three["properties"]["list"]["items"]["required"], json!(["kind", "apiVersion"]));
    }
}
