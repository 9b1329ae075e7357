//! What an `Eviction` asks for, and which pods need no budget's leave.

use crate::options::DeleteOptions;
use api::{kinds::EVICTION, pod::phase::is_terminal};
use jiff::Timestamp;
use machinery::{
    decode::{self, FieldValidation},
    meta,
    serializer::Document,
    status::Status,
};
use serde_json::{Value, json};

/// Reads an eviction of the pod of that name.
pub(super) fn decode(body: Document, name: &str, validation: FieldValidation) -> Result<Value, Status> {
    let (eviction, _) = decode::object(&EVICTION, body, validation)?;
    if meta::name(&eviction) == name {
        return Ok(eviction);
    }
    Err(Status::bad_request("name in URL does not match name in Eviction object"))
}

/// How the pod is to be deleted. The eviction and the request may both say that it is only tried.
pub(super) fn delete_options(eviction: &Value, dry_run: bool) -> Result<DeleteOptions, Status> {
    let mut options = match eviction.get("deleteOptions") {
        Some(options) => DeleteOptions::from_value(options.clone())?,
        None => DeleteOptions::default(),
    };
    if dry_run {
        options.dry_run = vec!["All".into()];
    }
    options.checked()
}

/// Pods that serve nobody (`canIgnorePDB`).
pub(super) fn needs_no_budget(pod: &Value) -> bool {
    has_ended(pod) || pod["status"]["phase"] == "Pending"
}

/// Pods that will never serve anybody again.
pub(super) fn has_ended(pod: &Value) -> bool {
    is_terminal(pod["status"]["phase"].as_str()) || meta::deletion_timestamp(pod).is_some()
}

/// The pod with the condition that says why it goes.
pub(super) fn marked(pod: &Value, now: Timestamp) -> Value {
    let mut pod = pod.clone();
    let mut condition = json!({
        "type": "DisruptionTarget",
        "status": "True",
        "lastProbeTime": null,
        "lastTransitionTime": meta::time(now),
        "reason": "EvictionByEvictionAPI",
        "message": "Eviction API: evicting",
    });
    let conditions = &mut pod["status"]["conditions"];
    let mut others = conditions.as_array().cloned().unwrap_or_default();
    match others.iter_mut().find(|condition| condition["type"] == "DisruptionTarget") {
        Some(old) => {
            if old["status"] == "True" {
                condition["lastTransitionTime"] = old["lastTransitionTime"].clone();
            }
            *old = condition;
        }
        None => others.push(condition),
    }
    *conditions = others.into();
    pod
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_that_serve_nobody_need_no_leave() {
        for (pod, free, ended) in [
            (json!({"status": {"phase": "Running"}}), false, false),
            (json!({"status": {"phase": "Pending"}}), true, false),
            (json!({"status": {"phase": "Failed"}}), true, true),
            (
                json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}, "status": {"phase": "Running"}}),
                true,
                true,
            ),
        ] {
            assert_eq!((needs_no_budget(&pod), has_ended(&pod)), (free, ended), "{pod}");
        }
    }

    #[test]
    fn a_pod_is_marked_once() {
        let once = marked(&json!({"status": {"conditions": [{"type": "Ready"}]}}), Timestamp::UNIX_EPOCH);
        assert_eq!(once["status"]["conditions"][1]["reason"], "EvictionByEvictionAPI");
        assert_eq!(marked(&once, "2026-01-01T00:00:00Z".parse().unwrap()), once);
    }

    #[test]
    fn either_side_may_say_that_it_only_tries() {
        for (eviction, dry_run, expected) in [
            (json!({}), false, false),
            (json!({}), true, true),
            (json!({"deleteOptions": {"dryRun": ["All"]}}), false, true),
        ] {
            assert_eq!(delete_options(&eviction, dry_run).unwrap().is_dry_run(), expected, "{eviction}");
        }
    }
}
