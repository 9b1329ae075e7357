//! Structural schemas: what objects of kinds look like that come at run time
//! (`k8s.io/apiextensions-apiserver/pkg/apiserver/schema`: pruning, defaulting, validation).

mod bounds;
mod default;
mod raw;
mod validate;
mod validation_rule;

use super::merge::List;
use raw::Raw;
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;

pub use validate::{MOST_ERRORS, is_format, pattern};
pub use validation_rule::ValidationRule;

/// The schema of a value (`JSONSchemaProps` of `apiextensions.k8s.io/v1`). There may be many of many nodes: what few
/// nodes have is apart.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Raw")]
#[allow(clippy::struct_excessive_bools, reason = "they are the flags of the format")]
pub struct Structural {
    /// Empty: any.
    r#type: Cow<'static, str>,
    nullable: bool,
    preserves_unknown_fields: bool,
    int_or_string: bool,
    is_resource: bool,
    /// Whether anything below has a default.
    has_defaults: bool,
    /// In the order of the names.
    properties: Box<[(Box<str>, Structural)]>,
    values: Option<Box<Structural>>,
    items: Option<Box<Structural>>,
    default: Option<Box<Value>>,
    division: Option<Box<Division>>,
    rules: Option<Box<Rules>>,
    validations: Option<Box<[ValidationRule]>>,
}

/// How server-side apply divides a value, where the schema says so.
#[derive(Debug, Clone, Default)]
struct Division {
    list_type: Box<str>,
    list_map_keys: Vec<Cow<'static, str>>,
    map_type: Box<str>,
}

/// What values of the type may be (`ValueValidation`).
#[derive(Debug, Clone, Default, PartialEq)]
struct Rules {
    required: Vec<String>,
    r#enum: Vec<Value>,
    minimum: Option<f64>,
    exclusive_minimum: bool,
    maximum: Option<f64>,
    exclusive_maximum: bool,
    multiple_of: Option<f64>,
    min_length: Option<usize>,
    max_length: Option<usize>,
    pattern: String,
    format: String,
    min_items: Option<usize>,
    max_items: Option<usize>,
    min_properties: Option<usize>,
    max_properties: Option<usize>,
    all_of: Vec<Structural>,
    any_of: Vec<Structural>,
    one_of: Vec<Structural>,
    not: Option<Structural>,
}

/// What is asked of one node.
impl Structural {
    /// A value of any form.
    fn open() -> Self {
        Self { preserves_unknown_fields: true, ..<Self as Default>::default() }
    }

    /// The same, of objects that have a type and metadata, as all objects do.
    #[must_use]
    pub fn of_objects(self) -> Self {
        Self { is_resource: true, ..self }
    }

    /// `object`, `array`, `string`, `integer`, `number`, `boolean`, or nothing.
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.r#type
    }

    /// Whether the value is an integer or a string.
    #[must_use]
    pub fn is_int_or_string(&self) -> bool {
        self.int_or_string
    }

    pub(crate) fn preserves_unknown_fields(&self) -> bool {
        self.preserves_unknown_fields
    }

    /// Whether the value is an object with a kind and metadata of its own.
    #[must_use]
    pub fn is_resource(&self) -> bool {
        self.is_resource
    }

    /// The items of a list.
    #[must_use]
    pub fn items(&self) -> Option<&Self> {
        self.items.as_deref()
    }

    /// What stands under keys that are no properties.
    #[must_use]
    pub fn values(&self) -> Option<&Self> {
        self.values.as_deref()
    }

    /// Whether some properties are named.
    #[must_use]
    pub fn has_properties(&self) -> bool {
        !self.properties.is_empty()
    }

    /// The properties, in the order of their names.
    pub fn properties(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.properties.iter().map(|(name, schema)| (&**name, schema))
    }

    /// A property: its name and its schema.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<(&str, &Self)> {
        let index = self.properties.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
        self.properties.get(index).map(|(name, schema)| (&**name, schema))
    }

    /// What stands under a key.
    pub(crate) fn field(&self, name: &str) -> Option<&Self> {
        self.property(name).map(|(_, schema)| schema).or(self.values())
    }

    /// Whether null is a value, or stands where a default will (`PruneNonNullableNullsWithoutDefaults`).
    pub(crate) fn keeps_null(&self) -> bool {
        self.nullable || self.default.is_some()
    }

    pub(crate) fn default_value(&self) -> Option<&Value> {
        self.default.as_deref()
    }

    /// How server-side apply divides the value; lists change as a whole unless something else is said.
    #[must_use]
    pub fn list(&self) -> List<'_> {
        match (&*self.r#type, &self.division) {
            ("array", Some(division)) if &*division.list_type == "set" => List::Set,
            ("array", Some(division)) if &*division.list_type == "map" => List::Map(&division.list_map_keys),
            ("array", _) => List::Atomic,
            _ if self.is_atomic_map() => List::Atomic,
            _ => List::Unsaid,
        }
    }

    pub(crate) fn is_atomic_map(&self) -> bool {
        self.division.as_ref().is_some_and(|division| &*division.map_type == "atomic")
    }
}

impl PartialEq for Structural {
    /// For the parts of rules, which are small.
    fn eq(&self, other: &Self) -> bool {
        self.r#type == other.r#type
            && self.properties == other.properties
            && self.items == other.items
            && self.rules == other.rules
    }
}
