//! The difference between two statuses of a pod as a strategic merge patch. Only what changed is sent, so that
//! conditions which others own (readiness gates) are not touched.

use k8s_openapi::api::core::v1::PodStatus;
use serde_json::{Map, Value, json};

/// The top-level fields of a pod's status that the node writes.
const OWNED: [&str; 12] = [
    "phase",
    "message",
    "reason",
    "hostIP",
    "hostIPs",
    "podIP",
    "podIPs",
    "startTime",
    "observedGeneration",
    "containerStatuses",
    "initContainerStatuses",
    "ephemeralContainerStatuses",
];
/// Lists that a strategic merge would merge by key, although the node's word replaces what was there.
const REPLACED: [&str; 2] = ["hostIPs", "podIPs"];

/// The patch that turns `old` into `new` for the pod with this uid; None if there is nothing to change.
pub fn status_patch(uid: &str, old: &PodStatus, new: &PodStatus) -> Result<Option<Value>, serde_json::Error> {
    let (old, new) = (serde_json::to_value(old)?, serde_json::to_value(new)?);
    let mut changes = Map::new();
    for field in OWNED {
        let (old, new) = (old.get(field), new.get(field));
        match new {
            _ if old == new => {}
            None => drop(changes.insert(field.to_owned(), Value::Null)),
            Some(new) if REPLACED.contains(&field) => {
                let mut list = new.as_array().cloned().unwrap_or_default();
                list.push(json!({ "$patch": "replace" }));
                changes.insert(field.to_owned(), Value::Array(list));
            }
            Some(new) => drop(changes.insert(field.to_owned(), new.clone())),
        }
    }
    let conditions = changed_conditions(&old, &new);
    if !conditions.is_empty() {
        changes.insert("conditions".to_owned(), Value::Array(conditions));
    }
    Ok((!changes.is_empty()).then(|| json!({ "metadata": { "uid": uid }, "status": changes })))
}

/// The conditions that differ, each whole, and those that are gone; the API server merges them by type.
fn changed_conditions(old: &Value, new: &Value) -> Vec<Value> {
    let list = |status: &Value| status.get("conditions").and_then(Value::as_array).cloned().unwrap_or_default();
    let (old, new) = (list(old), list(new));
    let find = |list: &[Value], type_: Option<&Value>| list.iter().find(|one| one.get("type") == type_).cloned();
    let mut changed = Vec::new();
    for condition in &new {
        let before = find(&old, condition.get("type"));
        if before.as_ref() == Some(condition) {
            continue;
        }
        let mut patch = condition.clone();
        // A merged object keeps the fields that the patch leaves out.
        for (field, _) in before.as_ref().and_then(Value::as_object).into_iter().flatten() {
            if condition.get(field).is_none() {
                patch[field.as_str()] = Value::Null;
            }
        }
        changed.push(patch);
    }
    for condition in &old {
        let type_ = condition.get("type");
        if find(&new, type_).is_none() {
            changed.push(json!({ "type": type_, "$patch": "delete" }));
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(old: Value, new: Value) -> Option<Value> {
        let status = |value| serde_json::from_value::<PodStatus>(value).unwrap();
        let patch = status_patch("u", &status(old), &status(new)).unwrap();
        patch.map(|patch| {
            assert_eq!(patch["metadata"]["uid"], "u");
            patch["status"].clone()
        })
    }

    #[test]
    fn only_changes_are_sent() {
        let pending = json!({ "phase": "Pending", "reason": "x", "hostIP": "10.0.0.1" });
        assert_eq!(patch(pending.clone(), pending.clone()), None);
        let running = json!({ "phase": "Running", "hostIP": "10.0.0.1" });
        assert_eq!(patch(pending, running), Some(json!({ "phase": "Running", "reason": null })));
    }

    #[test]
    fn addresses_replace_those_of_the_last_sandbox() {
        let old = json!({ "podIPs": [{ "ip": "10.42.0.2" }] });
        let new = json!({ "podIPs": [{ "ip": "10.42.0.3" }] });
        assert_eq!(patch(old, new), Some(json!({ "podIPs": [{ "ip": "10.42.0.3" }, { "$patch": "replace" }] })));
    }

    #[test]
    fn conditions_are_merged_by_type() {
        let old = json!({ "conditions": [
            { "type": "Ready", "status": "False", "reason": "ContainersNotReady" },
            { "type": "PodScheduled", "status": "True" },
            { "type": "Old", "status": "True" },
        ] });
        let new = json!({ "conditions": [
            { "type": "Ready", "status": "True" },
            { "type": "PodScheduled", "status": "True" },
        ] });
        let expected = json!({ "conditions": [
            { "type": "Ready", "status": "True", "reason": null },
            { "type": "Old", "$patch": "delete" },
        ] });
        assert_eq!(patch(old, new), Some(expected));
    }
}
