//! Events that follow from a change of a pod's status rather than from an action: the beginnings of back-offs.

use super::find::find_container;
use crate::{events::EventType, naming::describe, pod::DEADLINE_EXCEEDED};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod, PodCondition, PodStatus};

/// An event about one container of the pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerEvent {
    pub container: String,
    pub type_: EventType,
    pub reason: &'static str,
    pub message: String,
}

/// The events that the change from `old` to `new` calls for.
pub fn container_events(pod: &Pod, old: &PodStatus, new: &PodStatus) -> Vec<ContainerEvent> {
    let before = statuses(old);
    let mut events = Vec::new();
    for status in statuses(new) {
        let reason = waiting_reason(status);
        let old_reason = before.iter().find(|old| old.name == status.name).and_then(|old| waiting_reason(old));
        if reason == old_reason {
            continue;
        }
        let mut event = |type_, reason, message| {
            events.push(ContainerEvent { container: status.name.clone(), type_, reason, message });
        };
        match reason {
            Some("CrashLoopBackOff") => {
                let message = format!("Back-off restarting failed container {} in pod {}", status.name, describe(pod));
                event(EventType::Warning, "BackOff", message);
            }
            Some("ImagePullBackOff") => {
                // The status shows the image of the last attempt, which the spec may have replaced.
                let wanted = find_container(pod, &status.name).and_then(|(container, _)| container.image);
                let image = wanted.unwrap_or_else(|| status.image.clone());
                event(EventType::Normal, "BackOff", format!("Back-off pulling image {image:?}"));
                event(EventType::Warning, "Failed", "Error: ImagePullBackOff".to_owned());
            }
            _ => {}
        }
    }
    events
}

/// The event about the pod itself that the change calls for: its time is over (`pkg/kubelet/active_deadline.go`).
pub fn pod_event(old: &PodStatus, new: &PodStatus) -> Option<(&'static str, String)> {
    let is_over = |status: &PodStatus| status.reason.as_deref() == Some(DEADLINE_EXCEEDED);
    (is_over(new) && !is_over(old)).then(|| (DEADLINE_EXCEEDED, new.message.clone().unwrap_or_default()))
}

fn statuses(status: &PodStatus) -> Vec<&ContainerStatus> {
    let lists = [&status.init_container_statuses, &status.container_statuses, &status.ephemeral_container_statuses];
    lists.into_iter().flatten().flatten().collect()
}

fn waiting_reason(status: &ContainerStatus) -> Option<&str> {
    status.state.as_ref()?.waiting.as_ref()?.reason.as_deref()
}

/// The conditions that the node itself sets; all others belong to whoever wrote them.
const OWN_CONDITIONS: [&str; 7] = [
    "PodReadyToStartContainers",
    "Initialized",
    "Ready",
    "ContainersReady",
    "DisruptionTarget",
    "PodResizePending",
    "PodResizeInProgress",
];

/// The status the worker goes on with when a newer object arrives: its own last word, with the conditions that others
/// have set meanwhile. What the API server has of the node's own fields may be older than what is in flight to it.
pub fn carry_over(own: PodStatus, from_api: Option<&PodStatus>) -> PodStatus {
    let is_own = |condition: &PodCondition| OWN_CONDITIONS.contains(&condition.type_.as_str());
    let theirs = from_api.and_then(|status| status.conditions.as_ref()).into_iter().flatten();
    let theirs = theirs.filter(|condition| !is_own(condition)).cloned();
    let ours = own.conditions.iter().flatten().filter(|condition| is_own(condition)).cloned();
    let conditions: Vec<_> = ours.chain(theirs).collect();
    let nothing_known = own == PodStatus::default();
    match from_api {
        Some(status) if nothing_known => status.clone(),
        _ => PodStatus { conditions: Some(conditions), ..own },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn waiting(reason: &str) -> PodStatus {
        serde_json::from_value(json!({ "containerStatuses": [{
            "name": "server", "image": "shop:1", "imageID": "", "ready": false, "restartCount": 1,
            "state": { "waiting": { "reason": reason } },
        }] }))
        .unwrap()
    }

    #[test]
    fn a_back_off_is_told_when_it_begins() {
        let pod: Pod =
            serde_json::from_value(json!({ "metadata": { "name": "web", "namespace": "shop", "uid": "u" } })).unwrap();
        let reasons = |old: &PodStatus, new: &PodStatus| {
            let events = container_events(&pod, old, new);
            events.into_iter().map(|event| (event.reason, event.message)).collect::<Vec<_>>()
        };
        let crash = waiting("CrashLoopBackOff");
        let message = "Back-off restarting failed container server in pod web_shop(u)".to_owned();
        assert_eq!(reasons(&PodStatus::default(), &crash), [("BackOff", message)]);
        assert_eq!(reasons(&crash, &crash), []);
        assert_eq!(
            reasons(&waiting("ErrImagePull"), &waiting("ImagePullBackOff")),
            [
                ("BackOff", "Back-off pulling image \"shop:1\"".to_owned()),
                ("Failed", "Error: ImagePullBackOff".to_owned())
            ]
        );
        assert_eq!(reasons(&crash, &waiting("ContainerCreating")), []);
    }

    #[test]
    fn the_image_that_is_wanted_now_is_named() {
        let spec = json!({ "containers": [{ "name": "server", "image": "shop:2" }] });
        let pod: Pod = serde_json::from_value(json!({ "metadata": { "name": "web" }, "spec": spec })).unwrap();
        let events = container_events(&pod, &PodStatus::default(), &waiting("ImagePullBackOff"));
        assert_eq!(events[0].message, "Back-off pulling image \"shop:2\"");
    }

    #[test]
    fn the_end_of_a_pods_time_is_told_once() {
        let status = |reason: &str| PodStatus {
            reason: Some(reason.to_owned()),
            message: Some("too long".to_owned()),
            ..PodStatus::default()
        };
        let told = Some((DEADLINE_EXCEEDED, "too long".to_owned()));
        for (old, new, expected) in [
            (PodStatus::default(), status(DEADLINE_EXCEEDED), told),
            (status(DEADLINE_EXCEEDED), status(DEADLINE_EXCEEDED), None),
            (PodStatus::default(), status("Evicted"), None),
        ] {
            assert_eq!(pod_event(&old, &new), expected);
        }
    }

    #[test]
    fn conditions_of_others_come_from_the_api_and_own_ones_stay() {
        let own: PodStatus = serde_json::from_value(json!({ "phase": "Running", "conditions": [
            { "type": "Ready", "status": "True" }, { "type": "shop/gate", "status": "False" },
        ] }))
        .unwrap();
        let from_api: PodStatus = serde_json::from_value(json!({ "phase": "Pending", "conditions": [
            { "type": "Ready", "status": "False" }, { "type": "shop/gate", "status": "True" },
        ] }))
        .unwrap();
        let status = carry_over(own, Some(&from_api));
        assert_eq!(status.phase.as_deref(), Some("Running"));
        let conditions = status.conditions.unwrap();
        let conditions: Vec<_> = conditions.iter().map(|c| (c.type_.as_str(), c.status.as_str())).collect();
        assert_eq!(conditions, [("Ready", "True"), ("shop/gate", "True")]);
        assert_eq!(carry_over(PodStatus::default(), Some(&from_api)), from_api);
    }
}
