//! Who owns which fields: the entries of `metadata.managedFields`.

use super::field_set::FieldSet;
use crate::status::{Cause, Status, quoted};
use serde_json::{Value, json};

/// One entry: a manager, how it writes, and its fields.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub identity: Identity,
    pub time: Option<String>,
    pub fields: FieldSet,
}

/// What makes an entry one of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Identity {
    pub operation: Operation,
    pub manager: String,
    pub api_version: String,
    pub subresource: String,
}

/// How a manager writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    Apply,
    Update,
}

impl Entry {
    /// Reads `metadata.managedFields`.
    pub(super) fn read(object: &Value) -> Vec<Self> {
        let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
        entries.filter(|entry| entry["manager"].is_string()).map(Self::from_value).collect()
    }

    fn from_value(entry: &Value) -> Self {
        let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        let operation = if entry["operation"] == "Apply" { Operation::Apply } else { Operation::Update };
        Self {
            identity: Identity {
                operation,
                manager: text("manager"),
                api_version: text("apiVersion"),
                subresource: text("subresource"),
            },
            time: entry["time"].as_str().map(Into::into),
            fields: FieldSet::from_value(&entry["fieldsV1"]),
        }
    }

    /// Writes `metadata.managedFields`, in Kubernetes' order; entries without fields go.
    pub(super) fn write(mut entries: Vec<Self>) -> Value {
        entries.retain(|entry| !entry.fields.is_empty());
        entries.sort_by(|a, b| {
            let key = |entry: &Self| (entry.identity.operation, entry.time.clone());
            key(a).cmp(&key(b)).then_with(|| a.identity.cmp(&b.identity))
        });
        entries.iter().map(Self::to_value).collect()
    }

    fn to_value(&self) -> Value {
        let Identity { operation, manager, api_version, subresource } = &self.identity;
        let mut entry = json!({
            "manager": manager,
            "operation": if *operation == Operation::Apply { "Apply" } else { "Update" },
            "apiVersion": api_version,
            "fieldsType": "FieldsV1",
            "fieldsV1": self.fields.to_value(),
        });
        if let Some(time) = &self.time {
            entry["time"] = time.as_str().into();
        }
        if !subresource.is_empty() {
            entry["subresource"] = subresource.as_str().into();
        }
        entry
    }

    /// How messages name the manager.
    fn describe(&self) -> String {
        let mut text = quoted(&self.identity.manager);
        if !self.identity.subresource.is_empty() {
            text = format!("{text} with subresource {}", quoted(&self.identity.subresource));
        }
        if self.identity.operation == Operation::Update {
            text = format!("{text} using {}", self.identity.api_version);
            if let Some(time) = &self.time {
                text = format!("{text} at {time}");
            }
        }
        text
    }
}

/// The answer to an apply that wants fields of others (`managedfields/internal/conflict.go`).
pub(super) fn conflict(conflicts: &[(Entry, FieldSet)]) -> Status {
    let mut causes = Vec::new();
    let mut messages = Vec::new();
    for (entry, fields) in conflicts {
        let (manager, paths) = (entry.describe(), fields.paths());
        causes.extend(paths.iter().map(|path| Cause {
            reason: "FieldManagerConflict".into(),
            message: format!("conflict with {manager}"),
            field: path.clone(),
        }));
        let lines: Vec<String> = paths.iter().map(|path| format!("- {path}")).collect();
        messages.push(format!("conflicts with {manager}:\n{}", lines.join("\n")));
    }
    messages.sort();
    let message = match causes.as_slice() {
        [one] => format!("Apply failed with 1 conflict: {}: {}", one.message, one.field),
        many => format!("Apply failed with {} conflicts: {}", many.len(), messages.join("\n")),
    };
    Status::apply_conflict(causes, message)
}
