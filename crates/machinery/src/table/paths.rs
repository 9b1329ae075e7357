//! Columns of kinds that came at run time: what stands at a path of the object
//! (`k8s.io/apiextensions-apiserver/pkg/registry/customresource/tableconvertor`).

use super::{
    age::since,
    column::{Column, of_type},
};
use crate::json_path::JsonPath;
use jiff::Timestamp;
use serde_json::Value;

/// A column, and the path to its cells.
#[derive(Debug, Clone)]
pub struct PathColumn {
    /// Its head.
    pub name: String,
    /// An `OpenAPI` type: string, integer, number, boolean, date.
    pub r#type: String,
    /// An `OpenAPI` format.
    pub format: String,
    /// What it says.
    pub description: String,
    /// 0: always shown; more: only in wide output.
    pub priority: i32,
    /// Where its cells come from. None if that could not be read: they are empty.
    pub path: Option<JsonPath>,
}

impl PathColumn {
    pub(super) fn column(&self) -> Column<'_> {
        Column {
            format: &self.format,
            description: &self.description,
            priority: self.priority,
            ..of_type(&self.name, &self.r#type)
        }
    }

    /// The first thing at the path, if it is of the column's type. Dates are told as ages.
    pub(super) fn cell(&self, object: &Value, now: Timestamp) -> Value {
        let Some(found) = self.path.as_ref().and_then(|path| path.find(object)) else { return Value::Null };
        match (&*self.r#type, found) {
            ("date", Value::String(_)) => since(found, now).into(),
            ("string", Value::String(_)) | ("boolean", Value::Bool(_)) | ("number", Value::Number(_)) => found.clone(),
            ("integer", Value::Number(number)) if number.is_i64() => found.clone(),
            ("string", other) => other.to_string().into(),
            _ => Value::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_that_could_not_be_read_leaves_its_cells_empty() {
        let column = |path| PathColumn {
            name: "Last".into(),
            r#type: "string".into(),
            format: String::new(),
            description: String::new(),
            priority: 0,
            path: JsonPath::parse(path),
        };
        let object = json!({"status": {"conditions": [{"type": "A"}, {"type": "B"}]}});
        for (path, expected) in [
            (".status.conditions[-1:].type", json!("B")),
            (".status.conditions[0,1].type", Value::Null),
            (".status..type", Value::Null),
        ] {
            assert_eq!(column(path).cell(&object, Timestamp::UNIX_EPOCH), expected, "{path}");
        }
    }
}
