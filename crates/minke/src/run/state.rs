//! A pod's state on one line, with the reason if it does not get on.

use super::outcome::container_statuses;
use api::kinds;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

/// READY, STATUS and RESTARTS as `kubectl get pods` has them, and what `kubectl describe` would have to say beside.
pub fn line(pod: &Pod) -> String {
    let mut line = summary(pod);
    for reason in reasons(pod) {
        line.push_str(": ");
        line.push_str(&reason.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    line
}

fn summary(pod: &Pod) -> String {
    let value = serde_json::to_value(pod).unwrap_or_default();
    let printer = &kinds::POD.behaviour.printer;
    let (columns, cells) = (printer.columns(), printer.cells(&value, jiff::Timestamp::UNIX_EPOCH));
    let cell = |name: &str| {
        let index = columns.iter().position(|column| column.name == name);
        let value = index.and_then(|index| cells.get(index)).cloned().unwrap_or_default();
        value.as_str().map_or_else(|| value.to_string(), ToString::to_string)
    };
    let restarts = cell("Restarts");
    // How long ago the last restart was is no state.
    let count = restarts.split(' ').next().unwrap_or_default();
    let restarted = if matches!(count, "0" | "") { String::new() } else { format!(", restarts {count}") };
    format!("{} (ready {}{restarted})", cell("Status"), cell("Ready"))
}

/// Why the pod is not scheduled, has failed as a whole, or has containers that do not start.
fn reasons(pod: &Pod) -> Vec<String> {
    let Some(status) = &pod.status else { return Vec::new() };
    let conditions = status.conditions.iter().flatten();
    let unscheduled = conditions.filter(|one| one.type_ == "PodScheduled" && one.status == "False");
    let of_pod = unscheduled.filter_map(|condition| condition.message.clone()).chain(status.message.clone());
    let of_containers = container_statuses(pod)
        .filter_map(|container| Some(format!("container {}: {}", container.name, reason_of(container)?)));
    of_pod.filter(|message| !message.is_empty()).chain(of_containers).collect()
}

/// What stands in a container's way. What a program itself says at its end is in its log; here it is its exit code.
fn reason_of(container: &ContainerStatus) -> Option<String> {
    let state = container.state.as_ref()?;
    let (reason, message) = match (&state.waiting, &state.terminated) {
        (Some(waiting), _) => (&waiting.reason, &waiting.message),
        (None, Some(terminated)) => (&terminated.reason, &terminated.message),
        (None, None) => return None,
    };
    if !matches!(reason.as_deref(), Some("CrashLoopBackOff" | "Completed" | "Error" | "OOMKilled")) {
        return message.clone().filter(|message| !message.is_empty());
    }
    let last = container.last_state.as_ref().and_then(|last| last.terminated.as_ref());
    let code = state.terminated.as_ref().or(last)?.exit_code;
    (code != 0).then(|| format!("exit code {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn pod(phase: &str, state: &Value) -> Pod {
        let pod = json!({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "c"}]}, "status": {"phase": phase,
            "containerStatuses": [{"name": "c", "image": "", "imageID": "", "ready": phase == "Running",
                "restartCount": if phase == "Running" { 2 } else { 0 }, "state": state}]}});
        serde_json::from_value(pod).unwrap()
    }

    #[test]
    fn a_state_and_its_reason_fit_on_a_line() {
        for (phase, state, expected) in [
            ("Running", json!({"running": {}}), "Running (ready 1/1, restarts 2)"),
            ("Pending", json!({"waiting": {"reason": "ContainerCreating"}}), "ContainerCreating (ready 0/1)"),
            (
                "Pending",
                json!({"waiting": {"reason": "ErrImagePull", "message": "failed to pull:\n not found"}}),
                "ErrImagePull (ready 0/1): container c: failed to pull: not found",
            ),
            (
                "Failed",
                json!({"terminated": {"exitCode": 128, "reason": "StartError", "message": "no such program"}}),
                "StartError (ready 0/1): container c: no such program",
            ),
            (
                "Failed",
                json!({"terminated": {"exitCode": 1, "reason": "Error", "message": "as the log has it"}}),
                "Error (ready 0/1): container c: exit code 1",
            ),
            (
                "Failed",
                json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}}),
                "OOMKilled (ready 0/1): container c: exit code 137",
            ),
            ("Succeeded", json!({"terminated": {"exitCode": 0, "reason": "Completed"}}), "Completed (ready 0/1)"),
        ] {
            assert_eq!(line(&pod(phase, &state)), expected);
        }
    }

    #[test]
    fn a_pod_that_fits_nowhere_says_so() {
        let pod: Pod = serde_json::from_value(json!({"spec": {"containers": [{"name": "c"}]}, "status": {
            "phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes"}]}}))
        .unwrap();
        assert_eq!(line(&pod), "Pending (ready 0/1): 0/1 nodes");
    }
}
