//! What a schema says of the size and form of values, for who reckons with it before there are any.

use super::{Rules, Structural, ValidationRule};
use serde_json::Value;

impl Structural {
    /// What expressions say of the value (`x-kubernetes-validations`).
    #[must_use]
    pub fn validations(&self) -> &[ValidationRule] {
        self.validations.as_deref().unwrap_or_default()
    }

    /// The format of a string; empty if none is given.
    #[must_use]
    pub fn format(&self) -> &str {
        self.rules.as_ref().map_or("", |rules| &rules.format)
    }

    /// Whether an object must have a property.
    #[must_use]
    pub fn is_required(&self, property: &str) -> bool {
        self.rules.as_ref().is_some_and(|rules| rules.required.iter().any(|name| name == property))
    }

    /// The most characters of a string.
    #[must_use]
    pub fn max_length(&self) -> Option<usize> {
        self.rule(|rules| rules.max_length)
    }

    /// The most items of a list.
    #[must_use]
    pub fn max_items(&self) -> Option<usize> {
        self.rule(|rules| rules.max_items)
    }

    /// The most properties of an object.
    #[must_use]
    pub fn max_properties(&self) -> Option<usize> {
        self.rule(|rules| rules.max_properties)
    }

    /// The values that it may have; empty if any.
    #[must_use]
    pub fn allowed_values(&self) -> &[Value] {
        self.rules.as_ref().map_or(&[], |rules| &rules.r#enum)
    }

    /// Whether it may be null.
    #[must_use]
    pub fn is_nullable(&self) -> bool {
        self.nullable
    }

    /// Whether it has a default.
    #[must_use]
    pub fn has_default(&self) -> bool {
        self.default.is_some()
    }

    fn rule<T>(&self, of: impl FnOnce(&Rules) -> Option<T>) -> Option<T> {
        self.rules.as_deref().and_then(of)
    }
}
