//! Version 2 of the document (Swagger 2.0), one for all groups: version 3, rewritten.

use super::{
    custom::Version,
    names::SCHEMAS,
    paths,
    schemas::{self, Schemas},
};
use crate::catalog::Catalog;
use serde_json::{Map, Value, json};

/// Where this document has the schemas.
const DEFINITIONS: &str = "#/definitions/";

/// `GET /openapi/v2`, in JSON.
#[must_use]
pub fn v2(served: &Catalog) -> String {
    let mut paths = Map::new();
    served.iter().for_each(|kind| paths::add(served, kind, &mut paths));
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        item.values_mut().for_each(rewrite_operation);
    }
    let mut document =
        String::from(r#"{"swagger":"2.0","info":{"title":"Kubernetes","version":"unversioned"},"paths":"#);
    let paths = Value::Object(paths).to_string();
    document.push_str(&paths);
    document.push_str(r#","definitions":{"#);
    let mut comma = "";
    for (name, schema) in Schemas::of(served, Version::Two).closure(schemas::references(&paths, DEFINITIONS)) {
        // The texts come from the build script, and a test reads them all.
        let Ok(mut schema) = serde_json::from_str(&schema) else { continue };
        rewrite_schema(&mut schema);
        document.extend([comma, "\"", &name, "\":", &schema.to_string()]);
        comma = ",";
    }
    document.push_str("}}");
    document
}

fn rewrite_operation(operation: &mut Value) {
    if let Value::Array(parameters) = operation {
        parameters.iter_mut().for_each(rewrite_parameter);
        return;
    }
    let Value::Object(operation) = operation else { return };
    let body = operation.remove("requestBody");
    if let Some(Value::Object(mut body)) = body {
        let content = body.remove("content").unwrap_or_default();
        let types: Vec<&String> = content.as_object().into_iter().flat_map(Map::keys).collect();
        operation.insert("consumes".into(), json!(types));
        let mut schema = content.as_object().and_then(|content| content.values().next()).cloned().unwrap_or_default();
        let mut schema = schema["schema"].take();
        rewrite_schema(&mut schema);
        let mut parameter = json!({"name": "body", "in": "body", "schema": schema});
        if body.contains_key("required") {
            parameter["required"] = true.into();
        }
        let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
        if let Value::Array(parameters) = parameters {
            parameters.iter_mut().for_each(rewrite_parameter);
            parameters.insert(0, parameter);
        }
    } else if let Some(Value::Array(parameters)) = operation.get_mut("parameters") {
        parameters.iter_mut().for_each(rewrite_parameter);
    }
    operation.insert("produces".into(), json!(["application/json"]));
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for response in responses.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
        if let Some(mut content) = response.remove("content") {
            let mut schema = content["application/json"]["schema"].take();
            rewrite_schema(&mut schema);
            response.insert("schema".into(), schema);
        }
    }
}

/// Parameters say their type themselves.
fn rewrite_parameter(parameter: &mut Value) {
    let Value::Object(parameter) = parameter else { return };
    if parameter.get("in").is_some_and(|place| place != "body")
        && let Some(Value::Object(schema)) = parameter.remove("schema")
    {
        parameter.extend(schema);
    }
}

/// References stand by themselves and point elsewhere; unions are strings.
fn rewrite_schema(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(rewrite_schema),
        Value::Object(map) => {
            if let Some(Value::Array(parts)) = map.remove("allOf")
                && let [Value::Object(reference)] = parts.as_slice()
            {
                map.extend(reference.clone());
            }
            if map.remove("oneOf").is_some() {
                map.insert("type".into(), "string".into());
            }
            if let Some(Value::String(reference)) = map.get_mut("$ref") {
                *reference = reference.replace(SCHEMAS, DEFINITIONS);
            }
            for (key, value) in map {
                match value {
                    // Names of properties are not keywords, even if they look so (`oneOf` in a CRD).
                    Value::Object(properties) if key == "properties" => {
                        properties.values_mut().for_each(rewrite_schema);
                    }
                    value => rewrite_schema(value),
                }
            }
        }
        _ => {}
    }
}
