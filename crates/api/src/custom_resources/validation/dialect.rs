//! What a schema may say at all (`specStandardValidatorV3`, `ValidateCustomResourceDefinitionOpenAPISchema`).

use machinery::{
    field::{Error, ErrorList, Path},
    schema::Structural,
};
use serde::Deserialize;
use serde_json::Value;

/// Keywords of JSON Schema that Kubernetes has no use for.
const UNSUPPORTED: [&str; 7] =
    ["$schema", "id", "$ref", "additionalItems", "patternProperties", "definitions", "dependencies"];
const TYPES: [&str; 7] = ["array", "boolean", "integer", "number", "object", "string", ""];

/// What is wrong with a schema and all schemas in it.
pub fn validate(schema: &Value, path: &Path) -> ErrorList {
    let mut errors = node(schema, path);
    for (below, path) in below(schema, path) {
        errors.extend(validate(below, &path));
    }
    errors
}

/// The schemas directly in a schema.
pub fn below<'a>(schema: &'a Value, path: &Path) -> Vec<(&'a Value, Path)> {
    let mut found = Vec::new();
    for field in ["items", "additionalProperties", "not"] {
        found.extend(schema.get(field).filter(|below| below.is_object()).map(|below| (below, path.child(field))));
    }
    for (name, below) in schema["properties"].as_object().into_iter().flatten() {
        found.push((below, path.child("properties").key(name)));
    }
    for field in ["allOf", "anyOf", "oneOf"] {
        let list = schema[field].as_array().into_iter().flatten().enumerate();
        found.extend(list.map(|(index, below)| (below, path.child(field).index(index))));
    }
    found
}

fn node(schema: &Value, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for field in UNSUPPORTED.into_iter().filter(|field| !schema[*field].is_null()) {
        errors.push(Error::forbidden(&path.child(field), format!("{field} is not supported")));
    }
    let ty = schema["type"].as_str().unwrap_or_default();
    if ty == "null" {
        errors
            .push(Error::forbidden(&path.child("type"), "type cannot be set to null, use nullable as an alternative"));
    } else if !TYPES.contains(&ty) {
        errors.push(Error::not_supported(&path.child("type"), ty, &TYPES[..6]));
    }
    if schema["items"].is_array() {
        errors.push(Error::forbidden(&path.child("items"), "items must be a schema object and not an array"));
    }
    if schema["uniqueItems"] == true {
        let detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        errors.push(Error::forbidden(&path.child("uniqueItems"), detail));
    }
    let has_properties = schema["properties"].as_object().is_some_and(|properties| !properties.is_empty());
    if has_properties && schema["additionalProperties"].is_object() {
        let detail = "additionalProperties and properties are mutual exclusive";
        errors.push(Error::forbidden(&path.child("additionalProperties"), detail));
    }
    if schema["x-kubernetes-preserve-unknown-fields"] == false {
        let place = path.child("x-kubernetes-preserve-unknown-fields");
        errors.push(Error::invalid(&place, false, "must be true or undefined"));
    }
    errors.extend(map_type(schema, path));
    errors.extend(list_type(schema, path));
    errors.extend(default(schema, path));
    errors
}

fn map_type(schema: &Value, path: &Path) -> ErrorList {
    let place = path.child("x-kubernetes-map-type");
    match schema["x-kubernetes-map-type"].as_str() {
        Some(_) if schema["type"] != "object" => {
            let ty = schema["type"].as_str().unwrap_or_default();
            let detail = "must be object if x-kubernetes-map-type is specified";
            if ty.is_empty() {
                vec![Error::required(&path.child("type"), detail)]
            } else {
                vec![Error::invalid(&path.child("type"), ty, detail)]
            }
        }
        None | Some("atomic" | "granular") => ErrorList::new(),
        Some(other) => vec![Error::not_supported(&place, other, &["atomic", "granular"])],
    }
}

fn list_type(schema: &Value, path: &Path) -> ErrorList {
    let place = path.child("x-kubernetes-list-type");
    let keys = path.child("x-kubernetes-list-map-keys");
    let names: Vec<&str> =
        schema["x-kubernetes-list-map-keys"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let ty = schema["type"].as_str().unwrap_or_default();
    let list = schema["x-kubernetes-list-type"].as_str();
    let mut errors = ErrorList::new();
    if list.is_some() && ty != "array" {
        let detail = "must be array if x-kubernetes-list-type is specified";
        errors.push(match ty {
            "" => Error::required(&path.child("type"), detail),
            ty => Error::invalid(&path.child("type"), ty, detail),
        });
    }
    match list {
        None | Some("atomic" | "set" | "map") => {}
        Some(other) => errors.push(Error::not_supported(&place, other, &["atomic", "map", "set"])),
    }
    if !names.is_empty() && list != Some("map") {
        let detail = "must be map if x-kubernetes-list-map-keys is non-empty";
        errors.push(match list {
            None => Error::required(&place, detail),
            Some(list) => Error::invalid(&place, list, detail),
        });
    }
    if list == Some("map") {
        if names.is_empty() {
            errors.push(Error::required(&keys, "must not be empty if x-kubernetes-list-type is map"));
        }
        errors.extend(key_errors(&names, &schema["items"], path));
    }
    if list == Some("set") {
        errors.extend(set_errors(&schema["items"], &path.child("items")));
    }
    errors
}

/// The keys of a map list are scalars that each item has.
fn key_errors(names: &[&str], items: &Value, path: &Path) -> ErrorList {
    let place = path.child("items");
    let keys = path.child("x-kubernetes-list-map-keys");
    let mut errors = ErrorList::new();
    if items["type"] != "object" {
        let ty = items["type"].as_str().unwrap_or_default();
        errors.push(Error::invalid(
            &place.child("type"),
            ty,
            "must be object if parent array's x-kubernetes-list-type is map",
        ));
    }
    for (index, name) in names.iter().enumerate() {
        let property = &items["properties"][*name];
        let required = items["required"].as_array().is_some_and(|required| required.iter().any(|one| one == name));
        if names[..index].contains(name) {
            errors.push(Error::duplicate(&keys.index(index), *name));
        }
        if property.is_null() {
            errors.push(Error::invalid(&keys.index(index), *name, "entries must all be names of item properties"));
            continue;
        }
        if matches!(property["type"].as_str(), Some("array" | "object")) {
            let ty = property["type"].clone();
            let detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
            errors.push(Error::invalid(&place.child("properties").key(name).child("type"), ty, detail));
        }
        if property["nullable"] == true {
            let detail = "this property is in x-kubernetes-list-map-keys, so it cannot be nullable";
            errors.push(Error::forbidden(&place.child("properties").key(name).child("nullable"), detail));
        }
        if !required && property["default"].is_null() {
            let detail =
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
            errors.push(Error::required(&place.child("properties").key(name).child("default"), detail));
        }
    }
    errors
}

/// The items of a set change as a whole.
fn set_errors(items: &Value, path: &Path) -> ErrorList {
    let atomic = |field: &str| items[field] == "atomic";
    let text = |field: &str| items[field].as_str().unwrap_or_default().to_owned();
    match items["type"].as_str() {
        Some("array") if !atomic("x-kubernetes-list-type") => vec![Error::invalid(
            &path.child("x-kubernetes-list-type"),
            text("x-kubernetes-list-type"),
            "must be atomic as item of a list with x-kubernetes-list-type=set",
        )],
        Some("object") if !atomic("x-kubernetes-map-type") => vec![Error::invalid(
            &path.child("x-kubernetes-map-type"),
            text("x-kubernetes-map-type"),
            "must be atomic as item of a list with x-kubernetes-list-type=set",
        )],
        _ if items["nullable"] == true => {
            vec![Error::forbidden(&path.child("nullable"), "cannot be nullable when x-kubernetes-list-type is set")]
        }
        _ => ErrorList::new(),
    }
}

/// A default is itself a value of the schema.
fn default(schema: &Value, path: &Path) -> ErrorList {
    let Some(default) = schema.get("default").filter(|default| !default.is_null()) else { return ErrorList::new() };
    match Structural::deserialize(schema) {
        Ok(structural) if !structural.knows(default) => {
            vec![Error::invalid(&path.child("default"), default.clone(), "must not have unknown fields")]
        }
        Ok(structural) => structural.validate_at(default, &path.child("default")),
        Err(error) => vec![Error::invalid(path, "", format!("error building validator: {error}"))],
    }
}
