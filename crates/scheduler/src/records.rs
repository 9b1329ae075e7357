//! What the scheduler writes: bindings, conditions and events, as kube-scheduler words them.

use crate::framework::storage::SELECTED_NODE;
use k8s_openapi::{
    api::core::v1::{Binding, ObjectReference, PersistentVolume, PersistentVolumeClaim, Pod, PodCondition},
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time},
};
use kube::runtime::events::{Event, EventType};
use serde_json::{Value, json};

/// The longest note of an event, in bytes (`NoteLengthLimit`).
const LONGEST_NOTE: usize = 1024;

/// Why a pod is not scheduled: the reason and message of its condition `PodScheduled`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotScheduled {
    pub(crate) reason: &'static str,
    pub(crate) message: String,
}

impl NotScheduled {
    pub(crate) fn unschedulable(message: String) -> Self {
        Self { reason: "Unschedulable", message }
    }

    /// It fitted, and then something else went wrong.
    pub(crate) fn failed(message: String) -> Self {
        Self { reason: "SchedulerError", message }
    }

    pub(crate) fn gated() -> Self {
        let message = "Scheduling is blocked due to non-empty scheduling gates";
        Self { reason: "SchedulingGated", message: message.into() }
    }

    /// The strategic merge patch of the pod's status, which applies to just this version of the pod; `None` when the
    /// status says so already.
    pub(crate) fn patch(&self, pod: &Pod, now: &Time) -> Option<Value> {
        let current = scheduled_condition(pod);
        let is_false = current.is_some_and(|condition| condition.status == "False");
        let says_so = |condition: &PodCondition| {
            condition.reason.as_deref() == Some(self.reason) && condition.message.as_ref() == Some(&self.message)
        };
        if is_false && current.is_some_and(says_so) {
            return None;
        }
        // The time of the transition stays while the status does.
        let since = current.filter(|_| is_false).and_then(|condition| condition.last_transition_time.as_ref());
        Some(json!({
            "metadata": { "uid": pod.metadata.uid, "resourceVersion": pod.metadata.resource_version },
            "status": { "conditions": [{
                "type": "PodScheduled",
                "status": "False",
                "reason": self.reason,
                "message": self.message,
                "lastTransitionTime": since.unwrap_or(now),
                "observedGeneration": pod.metadata.generation,
            }] },
        }))
    }
}

fn scheduled_condition(pod: &Pod) -> Option<&PodCondition> {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions.into_iter().flatten().find(|condition| condition.type_ == "PodScheduled")
}

/// Whether a verdict on a pod still counts for the pod as it is now. It does not once the pod has a node, or is another
/// one, or a later verdict has been written.
pub(crate) fn still_counts(judged: &Pod, now: &Pod) -> bool {
    let has_node = now.spec.as_ref().and_then(|spec| spec.node_name.as_ref()).is_some();
    !has_node && judged.metadata.uid == now.metadata.uid && scheduled_condition(judged) == scheduled_condition(now)
}

/// What binds a pod to a node when it is posted to the pod's subresource `binding`.
pub(crate) fn binding(pod: &Pod, node: &str) -> Binding {
    let metadata = ObjectMeta {
        name: pod.metadata.name.clone(),
        namespace: pod.metadata.namespace.clone(),
        uid: pod.metadata.uid.clone(),
        ..ObjectMeta::default()
    };
    let target = ObjectReference { kind: Some("Node".into()), name: Some(node.into()), ..ObjectReference::default() };
    Binding { metadata, target }
}

/// The merge patch that makes a claim the volume's holder (`GetBindVolumeToClaim`); `None` if it is already. It applies to
/// just this version of the volume.
pub(crate) fn holder_patch(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> Option<Value> {
    let (name, namespace) = (&claim.metadata.name, &claim.metadata.namespace);
    let named = volume.spec.as_ref().and_then(|spec| spec.claim_ref.as_ref());
    let named = named.filter(|named| named.name == *name && named.namespace == *namespace);
    if named.is_some_and(|named| named.uid == claim.metadata.uid) {
        return None;
    }
    let mut patch = json!({
        "metadata": { "uid": volume.metadata.uid, "resourceVersion": volume.metadata.resource_version },
        "spec": { "claimRef": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "namespace": namespace,
            "name": name,
            "uid": claim.metadata.uid,
            "resourceVersion": claim.metadata.resource_version,
        } },
    });
    if named.is_none() {
        // Otherwise the user has chosen it, and it is not taken back when the claim goes.
        patch["metadata"]["annotations"] = json!({ "pv.kubernetes.io/bound-by-controller": "yes" });
    }
    Some(patch)
}

/// The merge patch that asks a claim's provisioner for a volume on a node.
pub(crate) fn selected_node_patch(claim: &PersistentVolumeClaim, node: &str) -> Value {
    json!({ "metadata": {
        "uid": claim.metadata.uid,
        "resourceVersion": claim.metadata.resource_version,
        "annotations": { SELECTED_NODE: node },
    } })
}

pub(crate) fn scheduled_event(pod: &str, node: &str) -> Event {
    Event {
        type_: EventType::Normal,
        reason: "Scheduled".into(),
        note: Some(format!("Successfully assigned {pod} to {node}")),
        action: "Binding".into(),
        secondary: None,
    }
}

pub(crate) fn failed_event(message: &str) -> Event {
    Event {
        type_: EventType::Warning,
        reason: "FailedScheduling".into(),
        note: Some(shortened(message)),
        action: "Scheduling".into(),
        secondary: None,
    }
}

/// A message that fits into an event.
fn shortened(message: &str) -> String {
    const SUFFIX: &str = " ...";
    if message.len() <= LONGEST_NOTE {
        return message.into();
    }
    let fits = |(start, character): &(usize, char)| start + character.len_utf8() <= LONGEST_NOTE - SUFFIX.len();
    let kept = message.char_indices().take_while(fits).map(|(_, character)| character);
    kept.chain(SUFFIX.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::jiff::Timestamp;

    fn pod(condition: &Value) -> Pod {
        serde_json::from_value(json!({
            "metadata": { "name": "p", "namespace": "default", "uid": "1" },
            "status": { "conditions": [{ "type": "Ready", "status": "False" }, condition] },
        }))
        .unwrap()
    }

    #[test]
    fn the_condition_is_written_when_it_says_something_new() {
        let now = Time(Timestamp::from_second(1_800_000_000).unwrap());
        let earlier = "2026-01-01T00:00:00Z";
        let rejected = NotScheduled::unschedulable("no room".into());
        let with = |status: &str, reason: &str, message: &str| {
            pod(&json!({ "type": "PodScheduled", "status": status, "reason": reason, "message": message,
                "lastTransitionTime": earlier }))
        };
        assert_eq!(rejected.patch(&with("False", "Unschedulable", "no room"), &now), None);
        let cases = [
            (with("False", "Unschedulable", "no cpu"), json!(earlier)),
            (with("False", "SchedulingGated", "no room"), json!(earlier)),
            (with("True", "", ""), json!(now)),
            (pod(&json!({ "type": "Initialized", "status": "True" })), json!(now)),
        ];
        for (pod, since) in cases {
            let condition = rejected.patch(&pod, &now).unwrap()["status"]["conditions"][0].clone();
            assert_eq!(condition["lastTransitionTime"], since);
            assert_eq!((&condition["reason"], &condition["message"]), (&json!("Unschedulable"), &json!("no room")));
        }
    }

    #[test]
    fn a_verdict_counts_until_there_is_a_newer_truth() {
        let pending = json!({ "type": "PodScheduled", "status": "False", "reason": "Unschedulable" });
        let judged = pod(&pending);
        let changed = |change: fn(&mut Pod)| {
            let mut pod = judged.clone();
            change(&mut pod);
            pod
        };
        let bound = |pod: &mut Pod| pod.spec.get_or_insert_default().node_name = Some("n".into());
        for (now, expected) in [
            (judged.clone(), true),
            (changed(|pod| pod.metadata.labels = Some([("a".to_owned(), "b".to_owned())].into())), true),
            (changed(bound), false),
            (changed(|pod| pod.metadata.uid = Some("2".into())), false),
            (pod(&json!({ "type": "PodScheduled", "status": "True" })), false),
            (pod(&json!({ "type": "PodScheduled", "status": "False", "reason": "SchedulingGated" })), false),
        ] {
            assert_eq!(still_counts(&judged, &now), expected, "{now:?}");
        }
    }

    #[test]
    fn a_volume_is_given_to_the_claim_unless_it_has_it() {
        let claim = json!({ "metadata": { "name": "c", "namespace": "s", "uid": "1", "resourceVersion": "7" } });
        let claim = serde_json::from_value(claim).unwrap();
        let volume = |holder: Value| {
            let volume = json!({ "metadata": { "name": "v", "resourceVersion": "5" }, "spec": { "claimRef": holder } });
            serde_json::from_value::<PersistentVolume>(volume).unwrap()
        };
        let given = |holder| holder_patch(&volume(holder), &claim);
        assert_eq!(given(json!({ "name": "c", "namespace": "s", "uid": "1" })), None);
        let by_user = given(json!({ "name": "c", "namespace": "s" })).unwrap();
        let by_us = given(Value::Null).unwrap();
        assert_eq!(by_user["metadata"]["annotations"], Value::Null);
        assert_eq!(by_us["metadata"]["annotations"], json!({ "pv.kubernetes.io/bound-by-controller": "yes" }));
        assert_eq!((&by_us["metadata"]["resourceVersion"], &by_us["spec"]), (&json!("5"), &by_user["spec"]));
        assert_eq!(by_us["spec"]["claimRef"]["uid"], "1");
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        assert_eq!(shortened("short"), "short");
        let long = shortened(&"ä".repeat(600));
        assert!(long.len() <= LONGEST_NOTE);
        assert!(long.ends_with("ä ..."));
    }
}
