//! Questions about a pod's status.

use k8s_openapi::api::core::v1::{ContainerState, ContainerStateTerminated, ContainerStatus, Pod};

/// `status.phase`.
pub fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

/// `status.podIP`.
pub fn ip(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.pod_ip.as_deref()).unwrap_or_default()
}

/// Whether a condition such as `Ready` is True.
pub fn is(pod: &Pod, condition: &str) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|each| each.type_ == condition && each.status == "True")
}

/// The status of a container of any sort.
pub fn container<'a>(pod: &'a Pod, name: &str) -> Option<&'a ContainerStatus> {
    let status = pod.status.as_ref()?;
    let lists = [&status.init_container_statuses, &status.container_statuses, &status.ephemeral_container_statuses];
    lists.into_iter().flatten().flatten().find(|container| container.name == name)
}

/// Whether a container runs.
pub fn is_running(pod: &Pod, name: &str) -> bool {
    state(pod, name).is_some_and(|state| state.running.is_some())
}

/// Why a container waits, such as `CrashLoopBackOff`.
pub fn waiting<'a>(pod: &'a Pod, name: &str) -> Option<&'a str> {
    state(pod, name)?.waiting.as_ref()?.reason.as_deref()
}

/// How a container ended.
pub fn terminated<'a>(pod: &'a Pod, name: &str) -> Option<&'a ContainerStateTerminated> {
    state(pod, name)?.terminated.as_ref()
}

/// How a container ended the time before.
pub fn terminated_before<'a>(pod: &'a Pod, name: &str) -> Option<&'a ContainerStateTerminated> {
    container(pod, name)?.last_state.as_ref()?.terminated.as_ref()
}

fn state<'a>(pod: &'a Pod, name: &str) -> Option<&'a ContainerState> {
    container(pod, name)?.state.as_ref()
}
