//! What the node knows of a pod: its sandbox, every attempt of every container, why starts failed, back-offs.
//! The shell writes it down in the pod folder after each change, so that it survives a crash of the server.

mod attempts;

use super::{backoff::BackOffs, kill_reason::KillReason, rejection::Rejection};
pub use attempts::Attempts;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

/// Exit code of a container whose process could not be started, as containerd reports it.
const START_FAILED_EXIT_CODE: i32 = 128;

/// Exit code of a container that vanished: as if killed by SIGKILL, as the kubelet reports it.
const LOST_EXIT_CODE: i32 = 137;

/// All that is known of one pod on this node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Observed {
    /// When the node took the pod on: `status.startTime`, and where `activeDeadlineSeconds` counts from.
    pub start_time: Option<Timestamp>,
    /// Why the node does not take the pod, if so: then there will be nothing else to know of it.
    pub rejection: Option<Rejection>,
    /// The newest sandbox; a dead one stays here until another replaces it.
    pub sandbox: Option<SandboxRecord>,
    /// When the last attempt to create a sandbox failed. Cleared when one succeeds.
    pub sandbox_failed_at: Option<Timestamp>,
    /// Every attempt of every container that has not been removed.
    pub containers: Attempts,
    /// By container name: why the last start left no container behind. Cleared when a start succeeds.
    pub start_failures: BTreeMap<String, StartFailure>,
    /// Delays between restarts, by [`super::backoff::restart_key`].
    pub restart_back_off: BackOffs,
    /// Delays between image pulls, by image.
    pub pull_back_off: BackOffs,
    /// What the probes say, by container id. A container that has no entry passes.
    #[serde(skip)]
    pub probes: BTreeMap<String, Probes>,
    /// What the shell is doing at this moment; empty after a restart of the server.
    #[serde(skip)]
    pub in_flight: InFlight,
}

/// The sandbox of a pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SandboxRecord {
    pub id: String,
    /// 0 for the pod's first sandbox.
    pub attempt: u32,
    pub state: SandboxState,
    /// Addresses in the pod network; empty with `hostNetwork`.
    pub ips: Vec<IpAddr>,
    pub created_at: Timestamp,
}

/// Whether the supervisor and the namespaces it holds are there (CRI `PodSandboxState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SandboxState {
    Ready,
    NotReady,
}

/// One attempt to run a container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerRecord {
    pub name: String,
    pub id: String,
    /// The sandbox it was created in.
    pub sandbox_id: String,
    /// 0 for the first attempt: what the API calls the restart count.
    pub attempt: u32,
    /// The image as the spec named it when the container was created: a different one in the spec restarts it.
    pub image: String,
    /// The image's digest, as `status.containerStatuses[*].imageID` shows it.
    pub image_id: String,
    pub created_at: Timestamp,
    /// Why the node killed it, if it did: some kills are followed by a restart whatever the exit code.
    pub killed_for: Option<KillReason>,
    pub state: ContainerState,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ContainerState {
    Created,
    Running { started_at: Timestamp, pid: i32 },
    Exited(Exit),
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exit {
    pub exit_code: i32,
    /// The signal that ended the process, if one did.
    pub signal: Option<i32>,
    pub cause: ExitCause,
    /// The termination message, already read and cut to size by the shell.
    pub message: Option<String>,
    /// None when the process never ran.
    pub started_at: Option<Timestamp>,
    pub finished_at: Timestamp,
}

/// Why an attempt ended: what the reason of `state.terminated` comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExitCause {
    /// The process ended, by itself or by a signal.
    Process,
    /// The kernel killed it for want of memory.
    OutOfMemory,
    /// The container was created, but its process could not be started.
    StartFailed,
    /// It was running when last seen, and nobody saw it end.
    Lost,
}

/// Why a start left no container behind: what the reason of `state.waiting` comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartFailure {
    pub reason: StartFailureReason,
    pub message: String,
    pub at: Timestamp,
}

/// The kubelet's error names (`pkg/kubelet/images/types.go`, `pkg/kubelet/kuberuntime/kuberuntime_container.go`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StartFailureReason {
    ErrImagePull,
    ErrImageNeverPull,
    InvalidImageName,
    ImageInspectError,
    CreateContainerConfigError,
    CreateContainerError,
    RunContainerError,
}

/// What the probes of a running container say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probes {
    /// The startup probe has succeeded, or there is none.
    pub started: bool,
    /// The readiness probe succeeds, or there is none.
    pub ready: bool,
    /// The probe that failed as often as it may, so that the container is to be killed.
    pub failed: Option<FailedProbe>,
}

/// A probe whose failure kills the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailedProbe {
    Liveness,
    Startup,
}

/// Operations that have begun and not ended, so that a plan made meanwhile does not ask for them again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InFlight {
    /// The sandbox is being created or stopped.
    pub sandbox: bool,
    /// Names of containers being started (their images being pulled).
    pub starting: BTreeSet<String>,
    /// Grace periods, in seconds, of the kills under way, by container id.
    pub kills: BTreeMap<String, i64>,
    /// When the first container was killed because the pod ends: the pod's grace period counts from here.
    pub stopping_since: Option<Timestamp>,
}

impl Observed {
    /// The newest attempt of a container.
    #[must_use]
    pub fn latest(&self, name: &str) -> Option<&ContainerRecord> {
        self.containers.of(name).last()
    }

    /// The attempt before this one.
    #[must_use]
    pub fn before(&self, record: &ContainerRecord) -> Option<&ContainerRecord> {
        self.containers.of(&record.name).iter().rfind(|other| other.attempt < record.attempt)
    }

    /// Something of the pod has been made, or is being made.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.sandbox.is_some() || self.in_flight.sandbox || !self.containers.is_empty()
    }

    /// The containers that have not ended.
    pub fn live(&self) -> impl Iterator<Item = &ContainerRecord> {
        self.containers.iter().filter(|record| !record.has_exited())
    }

    /// The sandbox, if it is ready.
    #[must_use]
    pub fn ready_sandbox(&self) -> Option<&SandboxRecord> {
        self.sandbox.as_ref().filter(|sandbox| sandbox.state == SandboxState::Ready)
    }

    /// What the probes say about a container.
    #[must_use]
    pub fn probes(&self, id: &str) -> Probes {
        self.probes.get(id).copied().unwrap_or_default()
    }
}

impl Default for Probes {
    fn default() -> Self {
        Self { started: true, ready: true, failed: None }
    }
}

impl ContainerRecord {
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self.state, ContainerState::Running { .. })
    }

    #[must_use]
    pub fn has_exited(&self) -> bool {
        matches!(self.state, ContainerState::Exited(_))
    }

    /// How it ended, if it has.
    #[must_use]
    pub fn exit(&self) -> Option<&Exit> {
        match &self.state {
            ContainerState::Exited(exit) => Some(exit),
            ContainerState::Created | ContainerState::Running { .. } => None,
        }
    }
}

impl Exit {
    /// The container was created, but its process could not be started.
    #[must_use]
    pub fn start_failed(message: String, at: Timestamp) -> Self {
        Self {
            exit_code: START_FAILED_EXIT_CODE,
            signal: None,
            cause: ExitCause::StartFailed,
            message: Some(message),
            started_at: None,
            finished_at: at,
        }
    }

    /// The container was running when last seen, and is gone.
    #[must_use]
    pub fn lost(started_at: Option<Timestamp>, at: Timestamp) -> Self {
        Self {
            exit_code: LOST_EXIT_CODE,
            signal: None,
            cause: ExitCause::Lost,
            message: Some("The container could not be located when the pod was terminated".to_owned()),
            started_at,
            finished_at: at,
        }
    }

    /// The reason of `state.terminated`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self.cause {
            ExitCause::StartFailed => "StartError",
            ExitCause::Lost => "ContainerStatusUnknown",
            ExitCause::OutOfMemory => "OOMKilled",
            ExitCause::Process if self.exit_code == 0 => "Completed",
            ExitCause::Process => "Error",
        }
    }
}

impl StartFailureReason {
    /// The reason of `state.waiting`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ErrImagePull => "ErrImagePull",
            Self::ErrImageNeverPull => "ErrImageNeverPull",
            Self::InvalidImageName => "InvalidImageName",
            Self::ImageInspectError => "ImageInspectError",
            Self::CreateContainerConfigError => "CreateContainerConfigError",
            Self::CreateContainerError => "CreateContainerError",
            Self::RunContainerError => "RunContainerError",
        }
    }
}
