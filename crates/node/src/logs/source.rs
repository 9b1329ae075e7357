//! Which attempt's log a request means, and why there may be none (the kubelet's `validateContainerLogStatus`).

use k8s_openapi::api::core::v1::{ContainerStatus, Pod, PodStatus};

/// Whether the pod's spec has such a container, of whichever sort.
pub fn has_container(pod: &Pod, container: &str) -> bool {
    let Some(spec) = &pod.spec else { return false };
    let ephemeral = spec.ephemeral_containers.iter().flatten().map(|container| &container.name);
    let others = spec.containers.iter().chain(spec.init_containers.iter().flatten()).map(|container| &container.name);
    others.chain(ephemeral).any(|name| name == container)
}

/// The id of the attempt whose log is to be read, without the runtime's prefix; the message of an error is for the
/// client.
pub fn log_source(pod_name: &str, status: &PodStatus, container: &str, previous: bool) -> Result<String, String> {
    let statuses = [&status.container_statuses, &status.init_container_statuses, &status.ephemeral_container_statuses];
    let status = statuses.into_iter().flatten().flatten().find(|status| status.name == container);
    let not_available = || format!("container {container:?} in pod {pod_name:?} is not available");
    let status = status.ok_or_else(not_available)?;
    let id = if previous {
        last_terminated(status)
            .ok_or_else(|| format!("previous terminated container {container:?} in pod {pod_name:?} not found"))?
    } else {
        current(status).map_err(|why| format!("container {container:?} in pod {pod_name:?} {why}"))?
    };
    Ok(id.rsplit_once("://").map_or(id, |(_, id)| id).to_owned())
}

fn last_terminated(status: &ContainerStatus) -> Option<&str> {
    let terminated = status.last_state.as_ref()?.terminated.as_ref()?;
    terminated.container_id.as_deref().filter(|id| !id.is_empty())
}

fn current(status: &ContainerStatus) -> Result<&str, String> {
    let state = status.state.clone().unwrap_or_default();
    if state.running.is_some()
        && let Some(id) = status.container_id.as_deref()
    {
        return Ok(id);
    }
    if state.terminated.is_some()
        && let Some(id) = status.container_id.as_deref().filter(|id| !id.is_empty())
    {
        return Ok(id);
    }
    if let Some(id) = last_terminated(status) {
        return Ok(id);
    }
    if state.terminated.is_some() {
        return Err("is terminated".to_owned());
    }
    Err(match state.waiting.and_then(|waiting| waiting.reason).as_deref() {
        Some("ErrImagePull") => "is waiting to start: image can't be pulled".to_owned(),
        Some("ImagePullBackOff") => "is waiting to start: trying and failing to pull image".to_owned(),
        Some(reason) => format!("is waiting to start: {reason}"),
        None => "is waiting to start - no logs yet".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn source(status: serde_json::Value, previous: bool) -> Result<String, String> {
        let mut status = status;
        status["name"] = json!("server");
        for (field, value) in
            [("ready", json!(false)), ("restartCount", json!(0)), ("image", json!("")), ("imageID", json!(""))]
        {
            status[field] = value;
        }
        let status: PodStatus = serde_json::from_value(json!({ "containerStatuses": [status] })).unwrap();
        log_source("web", &status, "server", previous)
    }

    #[test]
    fn a_container_that_ran_has_a_log() {
        let ended = json!({ "terminated": { "exitCode": 1, "containerID": "minke://old" } });
        let waiting = json!({ "waiting": { "reason": "CrashLoopBackOff" } });
        for (status, previous, expected) in [
            (json!({ "state": { "running": {} }, "containerID": "minke://new" }), false, "new"),
            (json!({ "state": ended, "containerID": "minke://old" }), false, "old"),
            (json!({ "state": waiting, "lastState": ended, "containerID": "minke://old" }), false, "old"),
            (json!({ "state": { "running": {} }, "lastState": ended, "containerID": "minke://new" }), true, "old"),
        ] {
            assert_eq!(source(status, previous).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_container_without_a_log_says_why() {
        for (reason, message) in [
            ("ContainerCreating", "is waiting to start: ContainerCreating"),
            ("ErrImagePull", "is waiting to start: image can't be pulled"),
            ("ImagePullBackOff", "is waiting to start: trying and failing to pull image"),
        ] {
            let status = json!({ "state": { "waiting": { "reason": reason } } });
            assert_eq!(source(status, false), Err(format!("container \"server\" in pod \"web\" {message}")));
        }
        let running = json!({ "state": { "running": {} }, "containerID": "minke://new" });
        let message = "previous terminated container \"server\" in pod \"web\" not found";
        assert_eq!(source(running, true), Err(message.to_owned()));
    }
}
