//! The last status of a pod that has come to its end: nothing in it may look alive (`TerminatePod` in
//! `pkg/kubelet/status/status_manager.go`).

use api::pod::containers::is_sidecar;
use k8s_openapi::api::core::v1::{ContainerState, ContainerStateTerminated, ContainerStatus, PodSpec, PodStatus};

/// Containers that nobody saw end have failed, once the pod was initialized; so have the init containers before the
/// last one that shows a sign of having run.
pub(super) fn end_what_did_not(spec: &PodSpec, status: &mut PodStatus) {
    if is_initialized(spec, status) {
        status.container_statuses.iter_mut().flatten().for_each(end);
    }
    let init = status.init_container_statuses.as_deref_mut().unwrap_or_default();
    let started = init.iter().rposition(has_started).map_or(0, |last| last + 1);
    init.iter_mut().take(started).for_each(end);
}

fn is_initialized(spec: &PodSpec, status: &PodStatus) -> bool {
    let Some(last) = spec.init_containers.iter().flatten().next_back() else { return true };
    if status.container_statuses.iter().flatten().any(has_started) {
        return true;
    }
    let init = status.init_container_statuses.as_deref().unwrap_or_default();
    init.iter().find(|status| status.name == last.name).is_some_and(|status| {
        if is_sidecar(last) {
            return status.started == Some(true);
        }
        let terminated = status.state.as_ref().and_then(|state| state.terminated.as_ref());
        terminated.is_some_and(|terminated| terminated.exit_code == 0)
    })
}

fn has_started(status: &ContainerStatus) -> bool {
    let state = |state: &Option<ContainerState>, running: bool| {
        state.as_ref().is_some_and(|state| state.terminated.is_some() || (running && state.running.is_some()))
    };
    state(&status.state, true) || state(&status.last_state, false)
}

fn end(status: &mut ContainerStatus) {
    if status.state.as_ref().is_some_and(|state| state.terminated.is_some()) {
        return;
    }
    status.ready = false;
    status.started = Some(false);
    status.state = Some(ContainerState {
        terminated: Some(ContainerStateTerminated {
            exit_code: 137,
            reason: Some("ContainerStatusUnknown".to_owned()),
            message: Some("The container could not be located when the pod was terminated".to_owned()),
            ..ContainerStateTerminated::default()
        }),
        ..ContainerState::default()
    });
}
