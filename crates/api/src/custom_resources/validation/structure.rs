//! Whether a schema is structural: what types there are is said once, outside of all conditions
//! (`pkg/apiserver/schema/{validation,complete}.go`).

use machinery::{
    field::{Error, ErrorList, Path},
    schema::pattern,
};
use serde_json::Value;

/// Where in a schema a node is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Item,
    Field,
}

/// What may only be said outside of conditions.
const OF_STRUCTURE: [(&str, &str); 11] = [
    ("type", "must be empty to be structural"),
    ("default", "must be undefined to be structural"),
    ("title", "must be empty to be structural"),
    ("description", "must be empty to be structural"),
    ("nullable", "must be false to be structural"),
    ("additionalProperties", "must be undefined to be structural"),
    ("x-kubernetes-preserve-unknown-fields", "must be false to be structural"),
    ("x-kubernetes-embedded-resource", "must be false to be structural"),
    ("x-kubernetes-int-or-string", "must be false to be structural"),
    ("x-kubernetes-list-type", "must be undefined to be structural"),
    ("x-kubernetes-map-type", "must be undefined to be structural"),
];

/// What keeps a schema from being structural.
pub fn validate(schema: &Value, path: &Path) -> ErrorList {
    let mut errors = node(schema, Level::Root, path);
    errors.sort_by_key(ToString::to_string);
    errors
}

fn node(schema: &Value, level: Level, path: &Path) -> ErrorList {
    let mut errors = type_errors(schema, level, path);
    errors.extend(resource_errors(schema, level, path));
    if schema["type"] == "array" && schema["items"].is_null() {
        errors.push(Error::required(&path.child("items"), "must be specified"));
    }
    if schema["items"].is_object() {
        errors.extend(node(&schema["items"], Level::Item, &path.child("items")));
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let is_metadata = level == Level::Root && name == "metadata";
        if !is_metadata {
            errors.extend(node(property, Level::Field, &path.child("properties").key(name)));
        }
    }
    if !schema["additionalProperties"].is_null() && level == Level::Root {
        errors.push(Error::forbidden(&path.child("additionalProperties"), "must not be used at the root"));
    }
    if schema["additionalProperties"].is_object() {
        errors.extend(node(&schema["additionalProperties"], Level::Field, &path.child("additionalProperties")));
    }
    errors.extend(conditions(schema, schema, path));
    errors.extend(pattern_error(schema, path));
    errors
}

fn type_errors(schema: &Value, level: Level, path: &Path) -> ErrorList {
    let place = path.child("type");
    let set = |field: &str| schema[field] == true;
    let free = set("x-kubernetes-int-or-string") || set("x-kubernetes-preserve-unknown-fields");
    let embedded = "must be object if x-kubernetes-embedded-resource is true";
    let mut errors = ErrorList::new();
    match schema["type"].as_str().unwrap_or_default() {
        "" if set("x-kubernetes-embedded-resource") => errors.push(Error::required(&place, embedded)),
        "" if free => {}
        "" => errors.push(Error::required(
            &place,
            match level {
                Level::Root => "must not be empty at the root",
                Level::Item => "must not be empty for specified array items",
                Level::Field => "must not be empty for specified object fields",
            },
        )),
        "object" => {}
        ty if set("x-kubernetes-embedded-resource") => errors.push(Error::invalid(&place, ty, embedded)),
        ty if level == Level::Root => errors.push(Error::invalid(&place, ty, "must be object at the root")),
        _ => {}
    }
    for other in ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"] {
        if set("x-kubernetes-int-or-string") && set(other) {
            errors.push(Error::invalid(
                &path.child(other),
                true,
                "must be false if x-kubernetes-int-or-string is true",
            ));
        }
    }
    if set("x-kubernetes-int-or-string") && !schema["type"].is_null() && schema["type"] != "" {
        errors.push(Error::forbidden(&place, "must be empty if x-kubernetes-int-or-string is true"));
    }
    errors
}

/// Objects that say what they are: their type and metadata cannot be described anew.
fn resource_errors(schema: &Value, level: Level, path: &Path) -> ErrorList {
    let embedded = schema["x-kubernetes-embedded-resource"] == true;
    let properties = path.child("properties");
    let mut errors = ErrorList::new();
    if embedded && !schema["additionalProperties"].is_null() {
        let detail = "must not be used if x-kubernetes-embedded-resource is set";
        errors.push(Error::forbidden(&path.child("additionalProperties"), detail));
    }
    if level == Level::Root || embedded {
        for field in ["kind", "apiVersion"] {
            let found = &schema["properties"][field];
            if !found.is_null() && found["type"] != "string" {
                let ty = found["type"].clone();
                errors.push(Error::invalid(&properties.key(field).child("type"), ty, "must be string"));
            }
        }
        let metadata = &schema["properties"]["metadata"];
        if !metadata.is_null() && metadata["type"] != "object" {
            let ty = metadata["type"].clone();
            errors.push(Error::invalid(&properties.key("metadata").child("type"), ty, "must be object"));
        }
        if level == Level::Root && !metadata.is_null() && describes_metadata(metadata) {
            errors.push(Error::forbidden(
                &properties.key("metadata"),
                "must not specify anything other than name and generateName, but metadata is implicitly specified",
            ));
        }
    }
    let has_properties = schema["properties"].as_object().is_some_and(|properties| !properties.is_empty());
    if embedded && schema["x-kubernetes-preserve-unknown-fields"] != true && !has_properties {
        errors.push(Error::required(
            &properties,
            "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
        ));
    }
    errors
}

fn describes_metadata(metadata: &Value) -> bool {
    let known = |name: &String| name == "name" || name == "generateName";
    let properties = metadata["properties"].as_object();
    properties.is_some_and(|properties| !properties.keys().all(known))
        || metadata
            .as_object()
            .is_some_and(|fields| fields.keys().any(|key| key != "type" && key != "properties" && key != "description"))
}

/// Conditions: they may only speak of what the schema has outside of them.
fn conditions(schema: &Value, outside: &Value, path: &Path) -> ErrorList {
    let is_int_or_string = outside["x-kubernetes-int-or-string"] == true;
    let mut errors = ErrorList::new();
    for field in ["allOf", "anyOf", "oneOf"] {
        for (index, condition) in schema[field].as_array().into_iter().flatten().enumerate() {
            let place = path.child(field).index(index);
            if is_int_or_string && names_only_a_type(condition) {
                continue;
            }
            errors.extend(nested(condition, outside, &place));
        }
    }
    if schema["not"].is_object() {
        errors.extend(nested(&schema["not"], outside, &path.child("not")));
    }
    errors
}

/// `type: integer` and `type: string`, which is how int-or-string may be written out, or an `anyOf` of these.
fn names_only_a_type(condition: &Value) -> bool {
    let only =
        |field: &str| condition.as_object().is_some_and(|fields| fields.len() == 1 && fields.contains_key(field));
    (only("type") && (condition["type"] == "integer" || condition["type"] == "string"))
        || (only("anyOf") && condition["anyOf"].as_array().is_some_and(|list| list.iter().all(names_only_a_type)))
}

fn nested(condition: &Value, outside: &Value, path: &Path) -> ErrorList {
    let says = |value: &Value| !(value.is_null() || *value == false || *value == "");
    let mut errors = ErrorList::new();
    for (field, detail) in OF_STRUCTURE {
        if says(&condition[field]) {
            errors.push(Error::forbidden(&path.child(field), detail));
        }
    }
    for field in ["x-kubernetes-list-map-keys", "x-kubernetes-validations"] {
        if condition[field].as_array().is_some_and(|list| !list.is_empty()) {
            errors.push(Error::forbidden(&path.child(field), "must be empty to be structural"));
        }
    }
    let properties = path.child("properties");
    for (name, below) in condition["properties"].as_object().into_iter().flatten() {
        if name == "metadata" {
            errors.push(Error::forbidden(&properties.key(name), "must not be specified in a nested context"));
        }
        let described = [&outside["properties"][name], &outside["additionalProperties"]];
        match described.into_iter().find(|schema| schema.is_object()) {
            Some(outside) => errors.extend(nested(below, outside, &properties.key(name))),
            None => {
                errors.push(Error::required(&properties.key(name), "must be described outside of the condition too"));
            }
        }
    }
    if condition["items"].is_object() {
        errors.extend(nested(&condition["items"], &outside["items"], &path.child("items")));
    }
    errors.extend(conditions(condition, outside, path));
    errors.extend(pattern_error(condition, path));
    errors
}

fn pattern_error(schema: &Value, path: &Path) -> Option<Error> {
    let text = schema["pattern"].as_str().filter(|text| !text.is_empty())?;
    let error = pattern(text).err()?;
    let detail = format!("must be a valid regular expression, but isn't: {error}");
    Some(Error::invalid(&path.child("pattern"), text, detail))
}
