//! Starting one container: image, specification, start.

mod files;
mod image;

use super::{
    cgroups::Cgroups,
    objects,
    preparer::{Prepared, Preparer},
    record_file::save_container,
    remover::Remover,
};
use crate::{
    Error, blocking,
    clock::Clock,
    container::{self, ConfigError, Machine, PodFacts, mounts, security},
    directories::PodDirectory,
    events::{
        EventType::{Normal, Warning},
        Recorder,
    },
    images::ImagePuller,
    metrics::{Metrics, Phase},
    pod::{ContainerRecord, ContainerState, Exit, StartFailureReason},
    volumes::Volumes,
};
use k8s_openapi::api::core::v1::{Container, ObjectReference, Pod};
use runtime::{ContainerConfig, LogConfig, RootFilesystem, Sandbox, images::Image};
use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};
use tokio::sync::{Semaphore, oneshot};

/// Containers that are made at the same time on the node: each takes as much memory meanwhile as its environment can
/// have, and more of them would not be faster.
pub const AT_ONCE: usize = 32;

/// Starts containers.
pub struct Starter {
    pub client: kube::Client,
    pub images: Arc<ImagePuller>,
    pub preparer: Arc<Preparer>,
    pub remover: Arc<Remover>,
    pub cgroups: Cgroups,
    pub clock: Clock,
    pub machine: Machine,
    pub metrics: Metrics,
    pub recorder: Recorder,
    pub host_ips: Vec<IpAddr>,
    /// Where the profiles are that a `localhostProfile` names.
    pub seccomp_profiles: PathBuf,
    /// [`AT_ONCE`] of them.
    pub places: Semaphore,
}

/// What is to be started, in what.
pub struct Start {
    pub pod: Arc<Pod>,
    pub container: Container,
    /// The container as events name it.
    pub about: ObjectReference,
    pub attempt: u32,
    pub directory: PodDirectory,
    pub sandbox: Sandbox,
    pub pod_ips: Vec<IpAddr>,
    /// The container whose PID namespace an ephemeral container joins: by its id, as its process may have ended, and its
    /// number be another's, when the image is there.
    pub target: Option<String>,
    /// Missing after a restart of the node; then it is made again.
    pub prepared: Option<Prepared>,
}

/// What came of it.
pub enum StartOutcome {
    /// There is a container: running, or created in vain.
    Created(ContainerRecord),
    Failed(StartFailureReason, String),
    Cancelled,
}

impl Starter {
    /// Starts the container. While its image is being got, `cancelled` ends it. Notes what had to be prepared.
    pub async fn start(&self, start: &mut Start, cancelled: oneshot::Receiver<()>) -> StartOutcome {
        let begun = Instant::now();
        let image = tokio::select! {
            image = self.images.ensure(&start.pod, &start.container, &start.about) => image,
            Ok(()) = cancelled => return StartOutcome::Cancelled,
        };
        let image = match image {
            Ok(image) => image,
            Err((reason, message)) => {
                self.record_failure(start, reason.as_str());
                return StartOutcome::Failed(reason, message);
            }
        };
        self.metrics.phase(Phase::Image, begun.elapsed());
        // Nobody closes the semaphore.
        let _place = self.places.acquire().await;
        let begun = Instant::now();
        let outcome = match self.create(start, &image).await {
            Ok(record) => StartOutcome::Created(record),
            Err(error) => {
                self.record_failure(start, &error.to_string());
                StartOutcome::Failed(failure_reason(&error), error.to_string())
            }
        };
        self.metrics.phase(Phase::Container, begun.elapsed());
        outcome
    }

    /// Creates and starts the container; of a failure nothing is left.
    async fn create(&self, start: &mut Start, image: &Image) -> Result<ContainerRecord, Error> {
        if start.prepared.is_none() {
            start.prepared = Some(self.preparer.prepare(&start.pod, &start.directory).await?);
        }
        let mut record = ContainerRecord {
            name: start.container.name.clone(),
            id: new_id(),
            sandbox_id: start.sandbox.id().to_owned(),
            attempt: start.attempt,
            image: start.container.image.clone().unwrap_or_default(),
            image_id: image.repo_digests.first().unwrap_or(&image.id).clone(),
            created_at: self.clock.now(),
            killed_for: None,
            state: ContainerState::Created,
        };
        match self.run(start, image, &record).await {
            Ok(state) => {
                record.state = state;
                Ok(record)
            }
            Err(error) => {
                self.remover.remove_container(&start.directory, &record).await;
                Err(error)
            }
        }
    }

    async fn run(&self, start: &Start, image: &Image, record: &ContainerRecord) -> Result<ContainerState, Error> {
        let config = self.config(start, image, &record.id).await?;
        let (directory, noted) = (start.directory.clone(), record.clone());
        blocking::run(move || save_container(&directory, &noted)).await?;
        self.images.store().lease(&image.id, &record.id).await?;
        self.record_event(start, "Created", "Container created");
        match start.sandbox.start_container(config).await {
            Ok(started) => {
                self.record_event(start, "Started", "Container started");
                let pid = i32::try_from(started.pid).unwrap_or_default();
                Ok(ContainerState::Running { started_at: started.started_at, pid })
            }
            Err(error) if has_ended_it(&error) => {
                self.record_failure(start, &error.to_string());
                Ok(ContainerState::Exited(Exit::start_failed(error.to_string(), self.clock.now())))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn config(&self, start: &Start, image: &Image, id: &str) -> Result<ContainerConfig, Error> {
        let Start { pod, container, directory, .. } = start;
        let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
        let objects = objects::look_up(&self.client, namespace, container).await?;
        let mut facts = self.facts(start, id);
        if let Some(name) = security::localhost_profile(pod, container) {
            facts.localhost_seccomp = Some(files::seccomp_profile(self.seccomp_profiles.join(name)).await);
        }
        let sub_paths = mounts::sub_paths(pod, container, &facts, &objects, &self.machine)?;
        facts.sub_paths = Volumes::set_up_sub_paths(directory, (&container.name, id), sub_paths).await?;
        let of_image = image::for_container(image, pod, container).await?;
        let spec = container::spec(pod, container, &of_image, &facts, &objects, &self.machine)?;
        let log = directory.log(&container.name, start.attempt);
        files::make(log.clone(), facts.termination_log).await?;
        Ok(ContainerConfig {
            id: id.to_owned(),
            bundle: directory.container(id),
            spec,
            target: start.target(),
            root: RootFilesystem { lower: image.layers.clone() },
            volumes: image.config.volumes.iter().map(PathBuf::from).collect(),
            log: LogConfig::new(log),
            stdin: container.stdin.unwrap_or_default(),
            stdin_once: container.stdin_once.unwrap_or_default(),
        })
    }

    /// What is known of the pod on this node.
    fn facts(&self, start: &Start, id: &str) -> PodFacts {
        let prepared = start.prepared.clone().unwrap_or_default();
        let directory = &start.directory;
        PodFacts {
            pod_ips: start.pod_ips.clone(),
            host_ips: self.host_ips.clone(),
            hostname: prepared.hostname,
            etc_hosts: directory.etc_hosts(),
            etc_hostname: directory.hostname(),
            resolv_conf: directory.resolv_conf(),
            shm: start.shm(),
            termination_log: directory.termination_log(id),
            volumes: prepared.volumes,
            pid_namespace: start.pid_namespace(),
            cgroups_path: Path::new(&self.cgroups.of_pod(&start.pod)).join(id),
            ..PodFacts::default()
        }
    }

    fn record_event(&self, start: &Start, reason: &'static str, message: &str) {
        self.recorder.record(start.about.clone(), Normal, reason, message);
    }

    fn record_failure(&self, start: &Start, message: &str) {
        self.recorder.record(start.about.clone(), Warning, "Failed", format!("Error: {message}"));
    }
}

impl Start {
    /// /dev/shm: the sandbox's, or the node's where the pod uses the node's IPC.
    fn shm(&self) -> PathBuf {
        let host_ipc = self.pod.spec.as_ref().and_then(|spec| spec.host_ipc).unwrap_or_default();
        if host_ipc { PathBuf::from("/dev/shm") } else { self.sandbox.shm() }
    }

    /// The container whose PID namespace to join. With the node's all are in that one already.
    fn target(&self) -> Option<String> {
        let host_pid = self.pod.spec.as_ref().and_then(|spec| spec.host_pid).unwrap_or_default();
        self.target.clone().filter(|_| !host_pid)
    }

    /// The PID namespace to join: the pod's if its containers share one, unless it is the target's.
    fn pid_namespace(&self) -> Option<PathBuf> {
        if self.target().is_some() { None } else { self.sandbox.pid_namespace() }
    }
}

/// What the pod's spec asks for cannot be understood, or it cannot be done.
fn failure_reason(error: &Error) -> StartFailureReason {
    match error {
        Error::Config(ConfigError::ArgumentListTooLong) => StartFailureReason::CreateContainerError,
        Error::Config(_) => StartFailureReason::CreateContainerConfigError,
        _ => StartFailureReason::CreateContainerError,
    }
}

/// Whether there is a container that has ended at its start. Upstream's runtime makes the container when it is to start:
/// what is wrong with its root, its working directory or its program is one failure (`StartError`, exit code 128), and
/// the restart policy decides what follows.
fn has_ended_it(error: &runtime::Error) -> bool {
    matches!(error, runtime::Error::Create { .. } | runtime::Error::Start { .. })
}

/// 64 hexadecimal digits, as container runtimes make them.
fn new_id() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_that_cannot_be_built_has_ended_as_one_whose_program_is_missing() {
        let (container, message) = ("c".to_owned(), "no".to_owned());
        for (error, expected) in [
            (runtime::Error::Create { container: container.clone(), message: message.clone() }, true),
            (runtime::Error::Start { container, message }, true),
            (runtime::Error::Gone { sandbox: "s".to_owned() }, false),
        ] {
            assert_eq!(has_ended_it(&error), expected, "{error}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_told_from_what_cannot_be_understood() {
        for (error, expected) in [
            (ConfigError::ArgumentListTooLong.into(), StartFailureReason::CreateContainerError),
            (ConfigError::SecretNotFound("s".to_owned()).into(), StartFailureReason::CreateContainerConfigError),
            (Error::UserNamespaces, StartFailureReason::CreateContainerError),
        ] {
            assert_eq!(failure_reason(&error), expected, "{error}");
        }
    }
}
