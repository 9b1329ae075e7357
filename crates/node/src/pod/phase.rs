//! The phase of a pod (`getPhase` in `pkg/kubelet/kubelet_pods.go`).

use super::{restart, statuses::Statuses};
use api::pod::containers::is_sidecar;
use k8s_openapi::api::core::v1::{Container, ContainerState, ContainerStatus, PodSpec};

/// How the containers of one kind stand.
#[derive(Debug, Default)]
struct Count {
    waiting: u32,
    running: u32,
    stopped: u32,
    succeeded: u32,
    /// Stopped, and not to be restarted.
    finished: u32,
    unknown: u32,
}

/// What the phase depends on besides the statuses.
pub(super) struct Facts<'a> {
    /// This sandbox has had a main container: sidecars that restart do not make the pod Pending again.
    pub started: bool,
    /// Nothing of the pod is alive and nothing will be restarted, whatever the policy.
    pub ended: bool,
    /// Containers that the node has stopped in order to restart them, whatever the policy.
    pub restarting: Vec<&'a str>,
}

/// The phase that follows from the statuses of init and main containers.
pub(super) fn phase(spec: &PodSpec, statuses: &Statuses<'_>, facts: &Facts) -> &'static str {
    let init_containers = spec.init_containers.as_deref().unwrap_or_default();
    let (sidecars, plain): (Vec<_>, Vec<_>) = init_containers.iter().partition(|init| is_sidecar(init));

    let mut initializing = false;
    for container in plain {
        match plain_init_container(container, spec, statuses) {
            Initialization::Failed => return "Failed",
            Initialization::Pending => initializing = true,
            Initialization::Done => {}
        }
    }

    let mut count = Count::default();
    let mut pending_sidecars = false;
    for container in sidecars {
        pending_sidecars |= count.add_sidecar(statuses.find(&container.name));
    }
    for container in &spec.containers {
        let restarting = facts.restarting.contains(&container.name.as_str());
        count.add(container, spec, statuses.find(&container.name), restarting);
    }

    if initializing || (pending_sidecars && !facts.started) || count.waiting > 0 || count.unknown > 0 {
        return "Pending";
    }
    match count {
        Count { running: 1.., .. } => "Running",
        Count { stopped: 0, .. } => "Pending",
        Count { stopped, finished, .. } if !facts.ended && stopped != finished => "Running",
        Count { stopped, succeeded, .. } if stopped == succeeded => "Succeeded",
        _ => "Failed",
    }
}

enum Initialization {
    Pending,
    Done,
    Failed,
}

fn plain_init_container(container: &Container, spec: &PodSpec, statuses: &Statuses<'_>) -> Initialization {
    let Some(status) = statuses.find(&container.name) else { return Initialization::Pending };
    let Some(exit_code) = last_exit_code(status) else { return Initialization::Pending };
    if exit_code != 0 && !restart::after_exit(container, spec, exit_code) {
        return Initialization::Failed;
    }
    // One that failed and will be restarted leaves the main containers waiting: they make the pod Pending.
    Initialization::Done
}

impl Count {
    fn add(&mut self, container: &Container, spec: &PodSpec, status: Option<&ContainerStatus>, restarting: bool) {
        let Some(status) = status else {
            self.unknown += 1;
            return;
        };
        let finished = |exit_code| u32::from(!restarting && !restart::after_exit(container, spec, exit_code));
        match (state(status), last_exit_code(status)) {
            (State::Running, _) => self.running += 1,
            (State::Terminated, Some(exit_code)) => {
                self.stopped += 1;
                self.succeeded += u32::from(exit_code == 0);
                self.finished += finished(exit_code);
            }
            (State::Waiting, Some(exit_code)) => {
                self.stopped += 1;
                self.finished += finished(exit_code);
            }
            (State::Waiting, None) => self.waiting += 1,
            (State::Terminated | State::Unknown, _) => self.unknown += 1,
        }
    }

    /// Counts a sidecar and says whether it is still to start. One that has ended counts for nothing.
    fn add_sidecar(&mut self, status: Option<&ContainerStatus>) -> bool {
        let Some(status) = status else {
            self.unknown += 1;
            return false;
        };
        match state(status) {
            State::Running => {
                self.running += 1;
                status.started != Some(true)
            }
            State::Terminated => false,
            State::Waiting if last_exit_code(status).is_some() => false,
            State::Waiting => {
                self.waiting += 1;
                true
            }
            State::Unknown => {
                self.unknown += 1;
                true
            }
        }
    }
}

enum State {
    Waiting,
    Running,
    Terminated,
    Unknown,
}

fn state(status: &ContainerStatus) -> State {
    match &status.state {
        Some(ContainerState { running: Some(_), .. }) => State::Running,
        Some(ContainerState { terminated: Some(_), .. }) => State::Terminated,
        Some(ContainerState { waiting: Some(_), .. }) => State::Waiting,
        _ => State::Unknown,
    }
}

/// The exit code of a container that has ended, or of the attempt before the one it waits for.
fn last_exit_code(status: &ContainerStatus) -> Option<i32> {
    let ended = match state(status) {
        State::Terminated => &status.state,
        State::Waiting => &status.last_state,
        State::Running | State::Unknown => return None,
    };
    Some(ended.as_ref()?.terminated.as_ref()?.exit_code)
}
