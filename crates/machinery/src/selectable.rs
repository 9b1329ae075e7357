//! Fields that objects of a kind can be selected by.

use serde_json::Value;
use std::borrow::Cow;

/// A field by which objects can be selected beside name and namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectableField {
    /// What selectors call it.
    pub name: Cow<'static, str>,
    /// Where it is in the object as it is stored: names with dots between.
    pub path: Cow<'static, str>,
    /// Where it is if that is empty; empty for nowhere.
    pub otherwise: &'static str,
    /// What it is if it is nowhere.
    pub default: &'static str,
}

impl SelectableField {
    /// A field that is called after its place.
    #[must_use]
    pub const fn at(path: &'static str) -> Self {
        Self::or(path, "")
    }

    /// A field that is called after its place and has this value if it is not there.
    #[must_use]
    pub const fn or(path: &'static str, default: &'static str) -> Self {
        Self { name: Cow::Borrowed(path), path: Cow::Borrowed(path), otherwise: "", default }
    }

    /// A field that is called something else than its place.
    #[must_use]
    pub const fn named(name: &'static str, path: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), path: Cow::Borrowed(path), otherwise: "", default: "" }
    }

    /// Its value in an object as text; empty if it is not set.
    #[must_use]
    pub fn value(&self, object: &Value) -> String {
        let found = [&*self.path, self.otherwise].into_iter().map(|path| text(object, path));
        found.chain([self.default.to_owned()]).find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// Copies what its value depends on from an object into another.
    pub fn copy(&self, object: &Value, to: &mut Value) {
        for path in [&*self.path, self.otherwise].into_iter().filter(|path| !path.is_empty()) {
            if let Some(value) = path.split('.').try_fold(object, |value, step| value.get(step)) {
                *path.split('.').fold(&mut *to, |place, step| &mut place[step]) = value.clone();
            }
        }
    }
}

fn text(object: &Value, path: &str) -> String {
    match path.split('.').try_fold(object, |value, step| value.get(step)) {
        Some(Value::String(text)) => text.clone(),
        Some(value @ (Value::Bool(_) | Value::Number(_))) => value.to_string(),
        _ => String::new(),
    }
}
