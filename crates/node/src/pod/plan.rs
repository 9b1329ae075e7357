//! What to do next for a pod.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;

use super::Observed;

/// One thing to do. Actions of a plan are independent of each other and may run side by side; what depends on their
/// outcome appears in the next plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Create the pod's folder, cgroup, volumes, sandbox and network.
    CreateSandbox { attempt: u32 },
    /// Release the network and end the supervisor. No container of the pod is alive.
    StopSandbox { id: String },
    /// Pull the image if its policy says so, create the container and start it.
    StartContainer { name: String, attempt: u32 },
    /// Run the preStop hook, send the stop signal, and SIGKILL after `grace_seconds`. Asked again with a shorter
    /// grace period, it cuts the first short.
    KillContainer { id: String, name: String, grace_seconds: i64, reason: KillReason },
    /// Remove a container that has ended, and its log.
    RemoveContainer { id: String },
    /// Nothing of the pod is alive and it is to go: once its last status is written, clean up its volumes, cgroup and
    /// folder, and delete the object with grace period 0.
    DeletePod,
}

/// Why a container is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KillReason {
    /// The pod is being deleted, or has reached its end.
    PodTerminated,
    /// The sandbox is gone: everything starts again in a new one.
    SandboxChanged,
    /// Its image in the spec is another.
    DefinitionChanged,
    LivenessProbe,
    StartupProbe,
}

/// What to do now, and when to ask again although nothing has happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub actions: Vec<Action>,
    /// The earliest moment at which time alone changes the plan or the status.
    pub wake_at: Option<Timestamp>,
}

/// What to do next for a pod (`computePodActions` and `SyncPod` in
/// pkg/kubelet/kuberuntime/kuberuntime_manager.go).
#[must_use]
pub fn plan(_pod: &Pod, _observed: &Observed, _now: Timestamp) -> Plan {
    Plan::default()
}
