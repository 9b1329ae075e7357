//! The form in which schemas are written.

use super::{Division, Rules, Structural, ValidationRule};
use serde::Deserialize;
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeMap};

/// `JSONSchemaProps`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(clippy::struct_excessive_bools, reason = "they are the flags of the format")]
pub(super) struct Raw {
    r#type: String,
    properties: BTreeMap<Box<str>, Structural>,
    additional_properties: Option<SchemaOrBool>,
    items: Option<SchemaOrSchemas>,
    default: Option<Value>,
    nullable: bool,
    #[serde(rename = "x-kubernetes-preserve-unknown-fields")]
    preserves_unknown_fields: Option<bool>,
    #[serde(rename = "x-kubernetes-int-or-string")]
    int_or_string: bool,
    #[serde(rename = "x-kubernetes-embedded-resource")]
    is_resource: bool,
    #[serde(rename = "x-kubernetes-list-type")]
    list_type: Box<str>,
    #[serde(rename = "x-kubernetes-list-map-keys")]
    list_map_keys: Vec<Cow<'static, str>>,
    #[serde(rename = "x-kubernetes-map-type")]
    map_type: Box<str>,
    required: Vec<String>,
    r#enum: Vec<Value>,
    minimum: Option<f64>,
    exclusive_minimum: bool,
    maximum: Option<f64>,
    exclusive_maximum: bool,
    multiple_of: Option<f64>,
    min_length: Option<i64>,
    max_length: Option<i64>,
    pattern: String,
    format: String,
    min_items: Option<i64>,
    max_items: Option<i64>,
    min_properties: Option<i64>,
    max_properties: Option<i64>,
    all_of: Vec<Structural>,
    any_of: Vec<Structural>,
    one_of: Vec<Structural>,
    not: Option<Structural>,
    #[serde(rename = "x-kubernetes-validations")]
    validations: Vec<ValidationRule>,
}

/// `additionalProperties`: true stands for values of any kind, false for none.
#[derive(Deserialize)]
#[serde(untagged)]
enum SchemaOrBool {
    Bool(bool),
    Schema(Box<Structural>),
}

/// `items`: a list of schemas is refused where kinds are defined.
#[derive(Deserialize)]
#[serde(untagged)]
enum SchemaOrSchemas {
    Schema(Box<Structural>),
    Schemas(Vec<Structural>),
}

impl From<Raw> for Structural {
    fn from(raw: Raw) -> Self {
        let values = match raw.additional_properties {
            Some(SchemaOrBool::Bool(true)) => Some(Box::new(Self::open())),
            Some(SchemaOrBool::Schema(schema)) => Some(schema),
            Some(SchemaOrBool::Bool(false)) | None => None,
        };
        let items = match raw.items {
            Some(SchemaOrSchemas::Schema(schema)) => Some(schema),
            Some(SchemaOrSchemas::Schemas(schemas)) => schemas.into_iter().next().map(Box::new),
            None => None,
        };
        let division = Division { list_type: raw.list_type, list_map_keys: raw.list_map_keys, map_type: raw.map_type };
        let is_divided = !(division.list_type.is_empty() && division.map_type.is_empty());
        let rules = Rules {
            required: raw.required,
            r#enum: raw.r#enum,
            minimum: raw.minimum,
            exclusive_minimum: raw.exclusive_minimum,
            maximum: raw.maximum,
            exclusive_maximum: raw.exclusive_maximum,
            multiple_of: raw.multiple_of,
            min_length: count(raw.min_length),
            max_length: count(raw.max_length),
            pattern: raw.pattern,
            format: raw.format,
            min_items: count(raw.min_items),
            max_items: count(raw.max_items),
            min_properties: count(raw.min_properties),
            max_properties: count(raw.max_properties),
            all_of: raw.all_of,
            any_of: raw.any_of,
            one_of: raw.one_of,
            not: raw.not,
        };
        let properties: Box<[_]> = raw.properties.into_iter().collect();
        let below = properties.iter().map(|(_, schema)| schema).chain(values.as_deref()).chain(items.as_deref());
        Self {
            has_defaults: raw.default.is_some() || below.into_iter().any(|schema| schema.has_defaults),
            r#type: known(raw.r#type),
            nullable: raw.nullable,
            preserves_unknown_fields: raw.preserves_unknown_fields.unwrap_or_default(),
            int_or_string: raw.int_or_string,
            is_resource: raw.is_resource,
            properties,
            values,
            items,
            default: raw.default.map(Box::new),
            division: is_divided.then(|| Box::new(division)),
            rules: (rules != Rules::default()).then(|| Box::new(rules)),
            validations: (!raw.validations.is_empty()).then(|| raw.validations.into()),
        }
    }
}

/// A bound below nought bounds as nought does.
fn count(bound: Option<i64>) -> Option<usize> {
    bound.map(|bound| usize::try_from(bound).unwrap_or(0))
}

/// The names of types need no memory.
fn known(name: String) -> Cow<'static, str> {
    let known = ["", "object", "array", "string", "integer", "number", "boolean"];
    known.into_iter().find(|known| *known == name).map_or(Cow::Owned(name), Cow::Borrowed)
}
