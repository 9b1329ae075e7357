//! How much termination messages may take of a pod's status: 12 KiB, shared by its containers (`normalizeStatus` in
//! `pkg/kubelet/status/status_manager.go`).

use k8s_openapi::api::core::v1::{ContainerStatus, PodSpec, PodStatus};

/// Bytes for all messages of a pod (`pkg/kubelet/container/runtime.go`).
const ALL: usize = 12 << 10;

/// Cuts each message to its container's share.
pub(super) fn limit(spec: &PodSpec, status: &mut PodStatus) {
    let count = spec.containers.len()
        + spec.init_containers.as_ref().map_or(0, Vec::len)
        + spec.ephemeral_containers.as_ref().map_or(0, Vec::len);
    let share = ALL / count.max(1);
    let lists =
        [&mut status.init_container_statuses, &mut status.container_statuses, &mut status.ephemeral_container_statuses];
    lists.into_iter().flatten().flatten().for_each(|status| limit_container(status, share));
}

fn limit_container(container: &mut ContainerStatus, share: usize) {
    let states = [&mut container.state, &mut container.last_state].into_iter().flatten();
    let messages = states.filter_map(|state| state.terminated.as_mut()?.message.as_mut());
    messages.for_each(|message| message.truncate(message.floor_char_boundary(share)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn containers_share_what_a_pod_may_say() {
        for (count, length, text) in
            [(1, 4096, "x"), (6, 2048, "x"), (6, 2048, "\u{e4}"), (7, 1755, "x"), (7, 1754, "\u{e4}")]
        {
            let ended = json!({ "terminated": { "exitCode": 1, "message": text.repeat(4096 / text.len()) } });
            let status = |name: usize| {
                json!({
                    "name": name.to_string(), "image": "", "imageID": "", "ready": false, "restartCount": 1,
                    "state": ended, "lastState": ended,
                })
            };
            let containers: Vec<_> = (0..count).map(|name| json!({ "name": name.to_string() })).collect();
            let statuses: Vec<_> = (0..count).map(status).collect();
            let spec = serde_json::from_value(json!({ "containers": containers })).unwrap();
            let mut status: PodStatus = serde_json::from_value(json!({ "containerStatuses": statuses })).unwrap();
            limit(&spec, &mut status);
            for status in status.container_statuses.unwrap() {
                let lengths = [status.state, status.last_state]
                    .map(|state| state.unwrap().terminated.unwrap().message.unwrap().len());
                assert_eq!(lengths, [length; 2], "{count} {text}");
            }
        }
    }
}
