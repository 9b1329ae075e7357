//! Who owns which fields: the entries of `metadata.managedFields`.

use super::field_set::FieldSet;
use crate::status::{Cause, Status, quoted};
use serde_json::{Value, json};

/// So many managers that update are told apart.
const MOST_UPDATERS: usize = 10;
/// The manager of what the others did.
const ANCIENT_CHANGES: &str = "ancient-changes";

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

impl Identity {
    /// Whether it is the same manager. Who applies is the same in every version (`BuildManagerIdentifier`).
    pub(super) fn is_same_manager(&self, other: &Self) -> bool {
        let alike =
            (self.operation, &self.manager, &self.subresource) == (other.operation, &other.manager, &other.subresource);
        alike && (self.operation == Operation::Apply || self.api_version == other.api_version)
    }
}

/// How a manager writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    Apply,
    Update,
}

impl Entry {
    /// Reads `metadata.managedFields`; nothing if they are malformed.
    pub(super) fn read(object: &Value) -> Vec<Self> {
        let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
        let entries: Option<Vec<Self>> = entries.map(Self::from_value).collect();
        entries.unwrap_or_default()
    }

    /// Reads the managers that a client wants an object to have, or those it has: nothing at all, or one entry of
    /// nothing, asks to forget them, what is malformed counts for nothing (`decodeLiveOrNew` of `fieldmanager.go`).
    pub(super) fn wanted_or_live(wanted: &Value, live: &Value) -> Vec<Self> {
        match wanted["metadata"]["managedFields"].as_array().map(Vec::as_slice) {
            Some([]) => Vec::new(),
            Some([only]) if only.as_object().is_some_and(serde_json::Map::is_empty) => Vec::new(),
            _ => Some(Self::read(wanted)).filter(|entries| !entries.is_empty()).unwrap_or_else(|| Self::read(live)),
        }
    }

    fn from_value(entry: &Value) -> Option<Self> {
        let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        let operation = match entry["operation"].as_str()? {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return None,
        };
        Some(Self {
            identity: Identity {
                operation,
                manager: text("manager"),
                api_version: text("apiVersion"),
                subresource: text("subresource"),
            },
            time: entry["time"].as_str().map(Into::into),
            fields: match &entry["fieldsV1"] {
                Value::Null => FieldSet::default(),
                fields => FieldSet::from_value(fields)?,
            },
        })
    }

    /// Merges those who updated longest ago into one, so that at most ten are left (`capmanagers.go`).
    pub(super) fn cap_updaters(entries: &mut Vec<Self>) {
        let is_update = |entry: &Self| entry.identity.operation == Operation::Update;
        let updaters = entries.iter().filter(|entry| is_update(entry)).count();
        if updaters <= MOST_UPDATERS {
            return;
        }
        entries.sort_by(|a, b| a.time.cmp(&b.time).then_with(|| a.identity.cmp(&b.identity)));
        // One by one the oldest go into the bucket of their version, which the first of them becomes.
        let mut surplus = updaters - MOST_UPDATERS;
        let mut buckets: Vec<Self> = Vec::new();
        let mut kept: Vec<Self> = Vec::new();
        for entry in entries.drain(..) {
            if surplus == 0 || !is_update(&entry) {
                kept.push(entry);
                continue;
            }
            let same_version = |bucket: &&mut Self| bucket.identity.api_version == entry.identity.api_version;
            if let Some(bucket) = buckets.iter_mut().find(same_version) {
                ANCIENT_CHANGES.clone_into(&mut bucket.identity.manager);
                bucket.identity.subresource = String::new();
                bucket.fields.unite(&entry.fields);
                bucket.time = entry.time;
                surplus -= 1;
            } else {
                buckets.push(entry);
            }
        }
        entries.extend(buckets);
        entries.extend(kept);
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
