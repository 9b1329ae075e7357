//! Starting one container: image, specification, start.

use super::{
    context::Context,
    objects,
    prepare::{Prepared, prepare},
    record_file::save_container,
};
use crate::{
    Error,
    container::{self, ConfigError, PodFacts, UserFromImage, mounts, security, user},
    directories::PodDirectory,
    events::EventType::{Normal, Warning},
    metrics::Phase,
    pod::{ContainerRecord, ContainerState, Exit, StartFailureReason},
    volumes::Volumes,
};
use k8s_openapi::api::core::v1::{Container, ObjectReference, Pod};
use oci_spec::runtime::LinuxSeccomp;
use runtime::{ContainerConfig, LogConfig, RootFilesystem, Sandbox, images::Image};
use std::{net::IpAddr, path::PathBuf, sync::Arc, time::Instant};
use tokio::sync::oneshot;

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
    /// The process whose PID namespace an ephemeral container joins.
    pub target_pid: Option<i32>,
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

impl Start {
    /// Starts the container. While its image is being got, `cancelled` ends it. Hands what was prepared back.
    pub async fn run(
        mut self,
        context: &Context,
        cancelled: oneshot::Receiver<()>,
    ) -> (StartOutcome, Option<Prepared>) {
        let begun = Instant::now();
        let image = tokio::select! {
            image = context.images.ensure(&self.pod, &self.container, &self.about) => image,
            Ok(()) = cancelled => return (StartOutcome::Cancelled, self.prepared),
        };
        let image = match image {
            Ok(image) => image,
            Err((reason, message)) => {
                self.record_failure(context, reason.as_str());
                return (StartOutcome::Failed(reason, message), self.prepared);
            }
        };
        context.metrics.phase(Phase::Image, begun.elapsed());
        let begun = Instant::now();
        let outcome = match self.create(context, &image).await {
            Ok(record) => StartOutcome::Created(record),
            Err(error) => {
                self.record_failure(context, &error.to_string());
                StartOutcome::Failed(failure_reason(&error), error.to_string())
            }
        };
        context.metrics.phase(Phase::Container, begun.elapsed());
        (outcome, self.prepared)
    }

    async fn create(&mut self, context: &Context, image: &Image) -> Result<ContainerRecord, Error> {
        let prepared = match &self.prepared {
            Some(prepared) => prepared.clone(),
            None => self.prepared.insert(prepare(context, &self.pod, &self.directory).await?).clone(),
        };
        let mut record = ContainerRecord {
            name: self.container.name.clone(),
            id: new_id(),
            sandbox_id: self.sandbox.id().to_owned(),
            attempt: self.attempt,
            image: self.container.image.clone().unwrap_or_default(),
            image_id: image.repo_digests.first().unwrap_or(&image.id).clone(),
            created_at: context.clock.now(),
            killed_for: None,
            state: ContainerState::Created,
        };
        let config = self.config(context, image, &record.id, &prepared).await?;
        save_container(&self.directory, &record)?;
        context.images.store().lease(&image.id, &record.id).await?;
        self.record_event(context, "Created", "Container created");
        match self.sandbox.start_container(config).await {
            Ok(started) => {
                self.record_event(context, "Started", "Container started");
                let pid = i32::try_from(started.pid).unwrap_or_default();
                record.state = ContainerState::Running { started_at: started.started_at, pid };
                Ok(record)
            }
            Err(error @ runtime::Error::Start { .. }) => {
                self.record_failure(context, &error.to_string());
                record.state = ContainerState::Exited(Exit::start_failed(error.to_string(), context.clock.now()));
                Ok(record)
            }
            Err(error) => {
                remove_container(context, &self.directory, &record).await;
                Err(error.into())
            }
        }
    }

    async fn config(
        &self,
        context: &Context,
        image: &Image,
        id: &str,
        prepared: &Prepared,
    ) -> Result<ContainerConfig, Error> {
        let namespace = self.pod.metadata.namespace.as_deref().unwrap_or_default();
        let objects = objects::look_up(&context.client, namespace, &self.container).await?;
        let termination_log = self.directory.termination_log(id);
        let mut facts = PodFacts {
            pod_ips: self.pod_ips.clone(),
            host_ips: context.host_ips.clone(),
            hostname: prepared.hostname.clone(),
            etc_hosts: self.directory.etc_hosts(),
            etc_hostname: self.directory.hostname(),
            resolv_conf: self.directory.resolv_conf(),
            shm: self.shm(),
            termination_log: termination_log.clone(),
            volumes: prepared.volumes.clone(),
            localhost_seccomp: self.localhost_seccomp(context),
            pid_namespace: self.pid_namespace(),
            cgroups_path: PathBuf::from(context.cgroup(&self.pod)).join(id),
            ..PodFacts::default()
        };
        let sub_paths = mounts::sub_paths(&self.pod, &self.container, &facts, &objects, &context.machine)?;
        facts.sub_paths = Volumes::set_up_sub_paths(&self.directory, (&self.container.name, id), sub_paths).await?;
        let spec =
            container::spec(&self.pod, &self.container, &self.image(image)?, &facts, &objects, &context.machine)?;
        let log = self.directory.log(&self.container.name, self.attempt);
        for folder in [log.parent(), termination_log.parent()].into_iter().flatten() {
            std::fs::create_dir_all(folder).map_err(|error| Error::io("create", folder, error))?;
        }
        make_termination_log(&termination_log)?;
        Ok(ContainerConfig {
            id: id.to_owned(),
            bundle: self.directory.container(id),
            spec,
            root: RootFilesystem { lower: image.layers.clone() },
            log: LogConfig::new(log),
            stdin: self.container.stdin.unwrap_or_default(),
        })
    }

    /// /dev/shm: the sandbox's, or the node's where the pod uses the node's IPC.
    fn shm(&self) -> PathBuf {
        let host_ipc = self.pod.spec.as_ref().and_then(|spec| spec.host_ipc).unwrap_or_default();
        if host_ipc { PathBuf::from("/dev/shm") } else { self.sandbox.shm() }
    }

    fn image(&self, image: &Image) -> Result<container::Image, Error> {
        let config = oci_config(image);
        let user = image.resolve_user(&user::requested(&self.pod, &self.container, &config))?;
        let user = UserFromImage { uid: user.uid, gid: user.gid, groups: user.additional_gids, home: user.home };
        Ok(container::Image { config, user })
    }

    /// The profile that the container names; what cannot be read is missing, and so no container comes about.
    fn localhost_seccomp(&self, context: &Context) -> Option<LinuxSeccomp> {
        let name = security::localhost_profile(&self.pod, &self.container)?;
        let json = std::fs::read(context.seccomp_profiles.join(name)).ok()?;
        serde_json::from_slice(&json).ok()
    }

    /// The PID namespace to join: the target's of an ephemeral container, or the pod's if its containers share one.
    fn pid_namespace(&self) -> Option<PathBuf> {
        let target = self.target_pid.map(|pid| PathBuf::from(format!("/proc/{pid}/ns/pid")));
        target.or_else(|| self.sandbox.pid_namespace())
    }

    fn record_event(&self, context: &Context, reason: &'static str, message: &str) {
        context.recorder.record(self.about.clone(), Normal, reason, message);
    }

    fn record_failure(&self, context: &Context, message: &str) {
        context.recorder.record(self.about.clone(), Warning, "Failed", format!("Error: {message}"));
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

/// Forgets a container that is no more: its folder, its logs, its hold on the image.
pub async fn remove_container(context: &Context, directory: &PodDirectory, record: &ContainerRecord) {
    if let Err(error) = context.images.store().release(&record.id).await {
        tracing::warn!(%error, container = record.name, "cannot release the container's image");
    }
    if let Err(error) = Volumes::tear_down_sub_paths(directory, &record.id) {
        tracing::warn!(%error, container = record.name, "cannot take the container's sub-paths away");
    }
    let _ = std::fs::remove_dir_all(directory.container(&record.id));
    for log in crate::logs::log_files(&directory.log(&record.name, record.attempt)) {
        let _ = std::fs::remove_file(log);
    }
}

/// 64 hexadecimal digits, as container runtimes make them.
fn new_id() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

/// Whoever the container runs as may write its last words.
fn make_termination_log(path: &std::path::Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, "")
        .and_then(|()| std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666)))
        .map_err(|error| Error::io("create", path, error))
}

/// The image's configuration as the OCI document that specifications are made from.
fn oci_config(image: &Image) -> oci_spec::image::Config {
    let from = &image.config;
    let some = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut config = oci_spec::image::Config::default();
    config.set_entrypoint(some(&from.entrypoint));
    config.set_cmd(some(&from.cmd));
    config.set_env(some(&from.env));
    config.set_working_dir(text(&from.working_dir));
    config.set_user(text(&from.user));
    config.set_stop_signal(from.stop_signal.clone());
    config
}
