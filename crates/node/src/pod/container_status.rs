//! The statuses of a pod's containers (`convertToAPIContainerStatuses` in `pkg/kubelet/kubelet_pods.go`).

use super::{
    facts::{ContainerKind, Facts},
    observed::{ContainerRecord, ContainerState, Exit, ExitCause, Observed},
    statuses::Statuses,
    waiting,
};
use api::pod::containers::is_sidecar;
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{
        Container, ContainerState as ApiState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting,
        ContainerStatus, PodSpec, VolumeMount, VolumeMountStatus,
    },
    apimachinery::pkg::apis::meta::v1::Time,
};

/// The status of one container. `previous` is what was last written about it.
pub(super) fn container_status(
    facts: &Facts,
    container: &Container,
    kind: ContainerKind,
    previous: &Statuses<'_>,
) -> ContainerStatus {
    let previous = previous.find(&container.name);
    let latest = facts.observed.latest(&container.name);
    let mut status = match latest {
        Some(record) => of_record(facts, container, record, previous),
        None => without_record(facts, container, previous),
    };
    if let Some(waiting) = waiting::waiting(facts, container, kind, latest, previous) {
        let ended = status.state.replace(ApiState { waiting: Some(waiting), ..ApiState::default() });
        status.last_state = ended.filter(|state| state.terminated.is_some()).or(status.last_state);
    }
    if kind != ContainerKind::Ephemeral {
        add_probe_results(facts.observed, container, kind, latest, &mut status);
    }
    status
}

fn of_record(
    facts: &Facts,
    container: &Container,
    record: &ContainerRecord,
    previous: Option<&ContainerStatus>,
) -> ContainerStatus {
    let before = facts.observed.before(record).map(|before| state(facts.spec, before));
    let last_state = before.or_else(|| {
        // The record of the attempt before may be gone (removed, or lost with the node's disk).
        let remembered = previous.filter(|_| record.attempt > 0)?;
        remembered.last_state.clone().filter(|state| state.terminated.is_some())
    });
    let resources = container.resources.clone().unwrap_or_default();
    ContainerStatus {
        image: record.image.clone(),
        image_id: record.image_id.clone(),
        container_id: Some(container_id(record)),
        restart_count: i32::try_from(record.attempt).unwrap_or(i32::MAX),
        state: Some(state(facts.spec, record)),
        last_state: Some(last_state.unwrap_or_default()),
        allocated_resources: resources.requests.clone(),
        resources: Some(resources),
        ..blank(facts.spec, container)
    }
}

/// Nothing is known of the container: it has not been created, or what was known is lost.
fn without_record(facts: &Facts, container: &Container, previous: Option<&ContainerStatus>) -> ContainerStatus {
    let Some(previous) = previous else { return blank(facts.spec, container) };
    if previous.state.as_ref().is_some_and(|state| state.terminated.is_some()) {
        return previous.clone();
    }
    let mut status = ContainerStatus {
        restart_count: previous.restart_count,
        last_state: Some(previous.last_state.clone().unwrap_or_default()),
        ..blank(facts.spec, container)
    };
    let ran = previous.state.as_ref().is_some_and(|state| state.running.is_some());
    if ran && status.last_state.as_ref().is_none_or(|state| state.terminated.is_none()) {
        status.last_state = Some(ApiState {
            terminated: Some(ContainerStateTerminated {
                exit_code: 137,
                reason: Some("ContainerStatusUnknown".to_owned()),
                message: Some(
                    "The container could not be located when the pod was deleted.  The container used to be Running"
                        .to_owned(),
                ),
                ..ContainerStateTerminated::default()
            }),
            ..ApiState::default()
        });
        let restarts = i32::from(facts.pod.metadata.deletion_timestamp.is_none());
        status.restart_count = status.restart_count.saturating_add(restarts);
    }
    status
}

/// A container that has not been created.
fn blank(spec: &PodSpec, container: &Container) -> ContainerStatus {
    let mounts = container.volume_mounts.as_deref().unwrap_or_default();
    ContainerStatus {
        name: container.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        state: Some(not_created(spec)),
        last_state: Some(ApiState::default()),
        volume_mounts: (!mounts.is_empty()).then(|| mounts.iter().map(volume_mount).collect()),
        ..ContainerStatus::default()
    }
}

fn volume_mount(mount: &VolumeMount) -> VolumeMountStatus {
    let read_only = mount.read_only == Some(true);
    let recursive = match mount.recursive_read_only.as_deref() {
        Some("Enabled" | "IfPossible") => "Enabled",
        _ => "Disabled",
    };
    VolumeMountStatus {
        name: mount.name.clone(),
        mount_path: mount.mount_path.clone(),
        read_only: read_only.then_some(true),
        recursive_read_only: read_only.then(|| recursive.to_owned()),
        ..VolumeMountStatus::default()
    }
}

fn not_created(spec: &PodSpec) -> ApiState {
    let has_init_containers = spec.init_containers.as_ref().is_some_and(|containers| !containers.is_empty());
    let reason = if has_init_containers { "PodInitializing" } else { "ContainerCreating" };
    ApiState {
        waiting: Some(ContainerStateWaiting { reason: Some(reason.to_owned()), message: None }),
        ..ApiState::default()
    }
}

fn state(spec: &PodSpec, record: &ContainerRecord) -> ApiState {
    match &record.state {
        ContainerState::Created => not_created(spec),
        ContainerState::Running { started_at, .. } => ApiState {
            running: Some(ContainerStateRunning { started_at: Some(Time::from(*started_at)) }),
            ..ApiState::default()
        },
        ContainerState::Exited(exit) => ApiState { terminated: Some(terminated(record, exit)), ..ApiState::default() },
    }
}

fn terminated(record: &ContainerRecord, exit: &Exit) -> ContainerStateTerminated {
    let never_ran = (exit.cause == ExitCause::StartFailed).then_some(Timestamp::UNIX_EPOCH);
    ContainerStateTerminated {
        container_id: Some(container_id(record)),
        exit_code: exit.exit_code,
        reason: Some(exit.reason().to_owned()),
        message: exit.message.clone().filter(|message| !message.is_empty()),
        started_at: exit.started_at.or(never_ran).map(Time::from),
        finished_at: Some(Time::from(exit.finished_at)),
        // The kubelet leaves it empty: the exit code says it, as 128 and the signal's number.
        signal: None,
    }
}

/// Ready and started (`UpdatePodStatus` in `pkg/kubelet/prober/prober_manager.go`).
fn add_probe_results(
    observed: &Observed,
    container: &Container,
    kind: ContainerKind,
    latest: Option<&ContainerRecord>,
    status: &mut ContainerStatus,
) {
    let probes = latest.filter(|record| record.is_running()).map(|record| observed.probes(&record.id));
    let started = probes.is_some_and(|probes| probes.started);
    status.started = Some(started);
    status.ready = if kind == ContainerKind::Init && !is_sidecar(container) {
        let terminated = status.state.as_ref().and_then(|state| state.terminated.as_ref());
        terminated.is_some_and(|terminated| terminated.exit_code == 0)
    } else {
        started && probes.is_some_and(|probes| probes.ready)
    };
}

fn container_id(record: &ContainerRecord) -> String {
    format!("minke://{}", record.id)
}
