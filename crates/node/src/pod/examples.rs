//! Pods and observations to test with: a pod from its spec, and what happens to it second by second.

use super::{
    kill_reason::KillReason,
    observed::{
        ContainerRecord, ContainerState, Exit, ExitCause, FailedProbe, Observed, Probes, SandboxRecord, SandboxState,
        StartFailureReason,
    },
    plan::{Action, Plan, plan},
    status::status,
};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Container, Pod, PodStatus};
use serde_json::{Value, json};

/// Seconds after an arbitrary beginning.
pub(super) fn at(seconds: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

/// A pod and what the node knows of it at `now`.
#[derive(Clone)]
pub(super) struct Story {
    pub pod: Pod,
    pub observed: Observed,
    pub now: i64,
}

/// A pod with these fields of the spec, seen for the first time at second 0.
pub(super) fn story(spec: &Value) -> Story {
    let pod = json!({
        "metadata": { "name": "web", "namespace": "default", "uid": "u-1", "generation": 1 },
        "spec": spec,
    });
    let observed = Observed { start_time: Some(at(0)), ..Observed::default() };
    Story { pod: serde_json::from_value(pod).unwrap(), observed, now: 0 }
}

/// A pod of main containers of the image `i` with a restart policy.
pub(super) fn mains(policy: &str, names: &[&str]) -> Story {
    with_init(policy, &json!([]), names)
}

/// A pod with init containers and main containers.
pub(super) fn with_init(policy: &str, init: &Value, names: &[&str]) -> Story {
    let containers: Vec<_> = names.iter().map(|name| json!({ "name": name, "image": "i" })).collect();
    story(&json!({ "restartPolicy": policy, "initContainers": init, "containers": containers }))
}

/// An init container that ends.
pub(super) fn init(name: &str) -> Value {
    json!({ "name": name, "image": "i" })
}

/// An init container that stays.
pub(super) fn sidecar(name: &str) -> Value {
    json!({ "name": name, "image": "i", "restartPolicy": "Always" })
}

impl Story {
    pub fn at(mut self, now: i64) -> Self {
        self.now = now;
        self
    }

    pub fn edit(mut self, change: impl FnOnce(&mut Pod)) -> Self {
        change(&mut self.pod);
        self
    }

    pub fn see(mut self, change: impl FnOnce(&mut Observed)) -> Self {
        change(&mut self.observed);
        self
    }

    pub fn sandbox(self) -> Self {
        let (now, attempt) = (self.now, self.observed.sandbox.as_ref().map_or(0, |sandbox| sandbox.attempt + 1));
        self.see(|observed| {
            observed.sandbox_created(SandboxRecord {
                id: format!("s{attempt}"),
                attempt,
                state: SandboxState::Ready,
                ips: vec!["10.42.0.7".parse().unwrap()],
                created_at: at(now),
            });
        })
    }

    pub fn sandbox_dies(self) -> Self {
        self.see(Observed::sandbox_stopped)
    }

    /// Starts the next attempt of a container, as the shell would.
    pub fn runs(self, name: &str) -> Self {
        let started_at = at(self.now);
        self.seen(name, ContainerState::Running { started_at, pid: 100 })
    }

    pub fn created(self, name: &str) -> Self {
        self.seen(name, ContainerState::Created)
    }

    fn seen(mut self, name: &str, state: ContainerState) -> Self {
        let container = self.container(name);
        self.observed.start_begun(&container, at(self.now));
        let attempt = self.observed.latest(name).map_or(0, |record| record.attempt + 1);
        self.observed.container_seen(ContainerRecord {
            name: name.to_owned(),
            id: format!("{name}{attempt}"),
            sandbox_id: self.observed.sandbox.as_ref().unwrap().id.clone(),
            attempt,
            image: container.image.unwrap(),
            image_id: "sha256:1".to_owned(),
            created_at: at(self.now),
            killed_for: None,
            state,
        });
        self
    }

    /// The newest attempt ends.
    pub fn exits(self, name: &str, exit_code: i32) -> Self {
        self.ends(name, exit_code, ExitCause::Process)
    }

    pub fn ends(mut self, name: &str, exit_code: i32, cause: ExitCause) -> Self {
        let record = self.observed.latest(name).unwrap();
        let started_at = match record.state {
            ContainerState::Running { started_at, .. } => Some(started_at),
            _ => None,
        };
        let id = record.id.clone();
        let exit = Exit { exit_code, signal: None, cause, message: None, started_at, finished_at: at(self.now) };
        self.observed.container_exited(&id, exit);
        self
    }

    /// Runs and ends in the same second.
    pub fn ran(self, name: &str, exit_code: i32) -> Self {
        self.runs(name).exits(name, exit_code)
    }

    pub fn starting(mut self, name: &str) -> Self {
        let container = self.container(name);
        self.observed.start_begun(&container, at(self.now));
        self
    }

    pub fn fails_to_start(mut self, name: &str, reason: StartFailureReason, message: &str) -> Self {
        let container = self.container(name);
        self.observed.start_failed(&container, reason, message.to_owned(), at(self.now));
        self
    }

    pub fn probes(mut self, name: &str, probes: Probes) -> Self {
        let id = self.observed.latest(name).unwrap().id.clone();
        self.observed.probes.insert(id, probes);
        self
    }

    pub fn probe_fails(self, name: &str, failed: FailedProbe) -> Self {
        self.probes(name, Probes { failed: Some(failed), ..Probes::default() })
    }

    pub fn killed(mut self, name: &str, grace_seconds: i64, reason: KillReason) -> Self {
        let id = self.observed.latest(name).unwrap().id.clone();
        self.observed.kill_begun(&id, grace_seconds, reason, at(self.now));
        self
    }

    /// DELETE with a grace period.
    pub fn deleted(self, grace_seconds: i64) -> Self {
        let now = self.now;
        self.edit(|pod| {
            pod.metadata.deletion_timestamp = Some(at(now + grace_seconds).into());
            pod.metadata.deletion_grace_period_seconds = Some(grace_seconds);
        })
    }

    pub fn written(self, status: Value) -> Self {
        let status: PodStatus = serde_json::from_value(status).unwrap();
        self.edit(|pod| pod.status = Some(status))
    }

    pub fn plan(&self) -> Plan {
        plan(&self.pod, &self.observed, at(self.now))
    }

    /// The status, after what the pod itself says was written last.
    pub fn status(&self) -> PodStatus {
        let previous = self.pod.status.clone().unwrap_or_default();
        status(&self.pod, &self.observed, &["192.168.1.2".parse().unwrap()], &previous, at(self.now))
    }

    fn container(&self, name: &str) -> Container {
        let spec = self.pod.spec.as_ref().unwrap();
        let ephemeral = spec.ephemeral_containers.iter().flatten().map(crate::container::ephemeral::as_container);
        let mut all = spec.containers.iter().chain(spec.init_containers.iter().flatten()).cloned().chain(ephemeral);
        all.find(|container| container.name == name).unwrap()
    }
}

/// An action in a few words.
pub(super) fn describe(action: &Action) -> String {
    match action {
        Action::CreateSandbox { attempt } => format!("create sandbox {attempt}"),
        Action::StopSandbox { id } => format!("stop sandbox {id}"),
        Action::StartContainer { name, attempt } => format!("start {name} {attempt}"),
        Action::CancelStart { name } => format!("cancel {name}"),
        Action::KillContainer { id, grace_seconds, reason, .. } => format!("kill {id} {grace_seconds} {reason:?}"),
        Action::RemoveContainer { id } => format!("remove {id}"),
        Action::DeletePod => "delete".to_owned(),
    }
}
