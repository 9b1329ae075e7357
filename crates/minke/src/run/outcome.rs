//! What the pods came to: the exit code of `minke run`.

use api::pod::phase::has_ended;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

/// The exit code once all pods are done, `None` while one is not: 0 if all succeeded, the container's own code if a
/// single one failed, else 1.
pub fn exit_code(pods: &[Pod]) -> Option<u8> {
    let phase = |pod: &Pod| pod.status.as_ref().and_then(|status| status.phase.clone()).unwrap_or_default();
    if pods.is_empty() || !pods.iter().all(has_ended) {
        return None;
    }
    if pods.iter().all(|pod| phase(pod) == "Succeeded") {
        return Some(0);
    }
    let failures: Vec<i32> = pods
        .iter()
        .filter(|pod| phase(pod) == "Failed")
        .flat_map(container_statuses)
        .filter_map(|container| container.state.as_ref()?.terminated.as_ref().map(|end| end.exit_code))
        .filter(|code| *code != 0)
        .collect();
    match failures.as_slice() {
        [code] => Some(u8::try_from(*code).unwrap_or(1)),
        _ => Some(1),
    }
}

/// The statuses of all containers of a pod, init containers first.
pub fn container_statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    let status = pod.status.as_ref();
    let init = status.and_then(|status| status.init_container_statuses.as_deref()).unwrap_or_default();
    let main = status.and_then(|status| status.container_statuses.as_deref()).unwrap_or_default();
    init.iter().chain(main)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(phase: &str, codes: &[i32]) -> Pod {
        let statuses: Vec<_> = codes
            .iter()
            .map(|code| {
                json!({"name": "c", "image": "", "imageID": "", "ready": false, "restartCount": 0,
                "state": {"terminated": {"exitCode": code}}})
            })
            .collect();
        serde_json::from_value(json!({"metadata": {}, "status": {"phase": phase, "containerStatuses": statuses}}))
            .unwrap()
    }

    #[test]
    fn the_code_tells_what_became_of_the_pods() {
        for (pods, expected) in [
            (vec![], None),
            (vec![pod("Running", &[])], None),
            (vec![pod("Succeeded", &[0]), pod("Pending", &[])], None),
            (vec![pod("Succeeded", &[0, 0]), pod("Succeeded", &[0])], Some(0)),
            (vec![pod("Failed", &[3])], Some(3)),
            (vec![pod("Failed", &[0, 7]), pod("Succeeded", &[0])], Some(7)),
            (vec![pod("Failed", &[3, 4])], Some(1)),
            (vec![pod("Failed", &[])], Some(1)),
            (vec![pod("Failed", &[300])], Some(1)),
        ] {
            assert_eq!(exit_code(&pods), expected);
        }
    }
}
