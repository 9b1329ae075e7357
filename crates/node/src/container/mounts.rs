//! What a container finds mounted: the kernel's file systems, the pod's files, its volumes (`makeMounts` in
//! `pkg/kubelet/kubelet_pods.go`, and containerd's `containerMounts`).

#[cfg(test)]
mod tests;

use super::{
    ConfigError, Machine, ObjectLookup, PodFacts, VolumeOnNode,
    environment::{self, Environment},
    expansion::{TooLong, expand},
    security,
};
use k8s_openapi::api::core::v1::{Container, Pod, VolumeMount};
use oci_spec::runtime::Mount;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// The kernel's longest path, without the NUL at its end (`PATH_MAX`).
const LONGEST_PATH: usize = 4095;

/// A directory or file of a volume that a container mounts instead of the whole. It is to be made if missing, and to
/// be reached without following symbolic links out of the volume (CVE-2017-1002101, CVE-2021-25741).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubPath {
    /// Position in `volumeMounts`, and the name of the volume there.
    pub position: usize,
    pub name: String,
    pub volume: PathBuf,
    /// Relative to the volume.
    pub path: PathBuf,
}

/// The sub-paths of a container, with `subPathExpr` expanded.
pub fn sub_paths(
    pod: &Pod,
    container: &Container,
    facts: &PodFacts,
    objects: &ObjectLookup,
    machine: &Machine,
) -> Result<Vec<SubPath>, ConfigError> {
    let environment = environment::declared(pod, container, facts, objects, machine)?;
    let mut found = Vec::new();
    for (position, mount) in container.volume_mounts.iter().flatten().enumerate() {
        if let Some(path) = sub_path(mount, &environment)? {
            let volume = volume(container, mount, facts)?.path.clone();
            found.push(SubPath { position, name: mount.name.clone(), volume, path: path.into() });
        }
    }
    Ok(found)
}

/// All mounts of a container, those that others lie in first. A volume takes the place of what would be mounted at the
/// same path otherwise.
pub(crate) fn mounts(
    pod: &Pod,
    container: &Container,
    facts: &PodFacts,
    environment: &Environment,
) -> Result<Vec<Mount>, ConfigError> {
    let privileged = security::is_privileged(container);
    let mut own = pod_files(container, facts);
    own.push(bind(shm(pod, facts), Path::new("/dev/shm"), &["rprivate", "rw"]));
    let mut volumes = volume_mounts(container, facts, environment)?;
    let taken: Vec<_> = volumes.iter().map(|mount| mount.destination().clone()).collect();
    own.retain(|mount| !taken.contains(mount.destination()));
    own.append(&mut volumes);
    own.sort_by_key(|mount| mount.destination().components().count());

    let mut mounts = kernel_file_systems(privileged);
    // What may be mounted over /proc the runtime decides, which has to find it there.
    mounts.retain(|mount| mount.destination() == "/proc" || !taken.contains(mount.destination()));
    mounts.append(&mut own);
    Ok(mounts)
}

/// What every container has of the kernel (containerd's defaults). Privileged ones may write all of it.
fn kernel_file_systems(privileged: bool) -> Vec<Mount> {
    let access = if privileged { "rw" } else { "ro" };
    let system = ["nosuid", "noexec", "nodev"];
    vec![
        mount("proc", "proc", "/proc", &system),
        mount("tmpfs", "tmpfs", "/dev", &["nosuid", "strictatime", "mode=755", "size=65536k"]),
        mount(
            "devpts",
            "devpts",
            "/dev/pts",
            &["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
        ),
        mount("mqueue", "mqueue", "/dev/mqueue", &system),
        mount("sysfs", "sysfs", "/sys", &["nosuid", "noexec", "nodev", access]),
        mount("cgroup", "cgroup", "/sys/fs/cgroup", &["nosuid", "noexec", "nodev", "relatime", access]),
    ]
}

/// /etc/hosts, host name, DNS configuration, termination log.
fn pod_files(container: &Container, facts: &PodFacts) -> Vec<Mount> {
    let read_only = container.security_context.as_ref().and_then(|context| context.read_only_root_filesystem);
    let access = if read_only == Some(true) { "ro" } else { "rw" };
    let mut files = vec![
        bind(&facts.etc_hosts, Path::new("/etc/hosts"), &["rprivate", "rw"]),
        bind(&facts.etc_hostname, Path::new("/etc/hostname"), &["rprivate", access]),
        bind(&facts.resolv_conf, Path::new("/etc/resolv.conf"), &["rprivate", access]),
    ];
    if let Some(path) = container.termination_message_path.as_deref().filter(|path| !path.is_empty()) {
        files.push(bind(&facts.termination_log, Path::new(path), &["rprivate", "rw"]));
    }
    files
}

fn shm<'a>(pod: &Pod, facts: &'a PodFacts) -> &'a Path {
    let host_ipc = pod.spec.as_ref().and_then(|spec| spec.host_ipc);
    if host_ipc == Some(true) { Path::new("/dev/shm") } else { &facts.shm }
}

fn volume_mounts(
    container: &Container,
    facts: &PodFacts,
    environment: &Environment,
) -> Result<Vec<Mount>, ConfigError> {
    let mut mounts = Vec::new();
    for (position, mount) in container.volume_mounts.iter().flatten().enumerate() {
        let volume = volume(container, mount, facts)?;
        let source = match sub_path(mount, environment)? {
            Some(path) => facts.sub_paths.get(&position).cloned().unwrap_or_else(|| volume.path.join(path)),
            None => volume.path.clone(),
        };
        let read_only = mount.read_only == Some(true) || volume.read_only;
        let recursive = matches!(mount.recursive_read_only.as_deref(), Some("Enabled" | "IfPossible"));
        let access = match (read_only, recursive) {
            (true, true) => "rro",
            (true, false) => "ro",
            (false, _) => "rw",
        };
        let propagation = match mount.mount_propagation.as_deref() {
            Some("HostToContainer") => "rslave",
            Some("Bidirectional") => "rshared",
            _ => "rprivate",
        };
        mounts.push(bind(&source, &Path::new("/").join(&mount.mount_path), &[propagation, access]));
    }
    Ok(mounts)
}

fn volume<'a>(
    container: &Container,
    mount: &VolumeMount,
    facts: &'a PodFacts,
) -> Result<&'a VolumeOnNode, ConfigError> {
    facts
        .volumes
        .get(&mount.name)
        .ok_or_else(|| ConfigError::VolumeNotFound { volume: mount.name.clone(), container: container.name.clone() })
}

/// The part of the volume to mount, if not all of it.
fn sub_path(mount: &VolumeMount, environment: &Environment) -> Result<Option<String>, ConfigError> {
    let path = match mount.sub_path_expr.as_deref().filter(|expression| !expression.is_empty()) {
        Some(expression) => expand_all(expression, environment)?,
        None => mount.sub_path.clone().unwrap_or_default(),
    };
    if path.starts_with('/') {
        return Err(ConfigError::SubPathAbsolute(path));
    }
    if path.split('/').any(|part| part == "..") {
        return Err(ConfigError::SubPathBacksteps(path));
    }
    Ok((!path.is_empty()).then_some(path))
}

/// Unlike elsewhere, every variable must have a value: a half-expanded path would be somebody else's.
fn expand_all(expression: &str, environment: &Environment) -> Result<String, ConfigError> {
    let mut missing = BTreeSet::new();
    let expanded = expand(expression, LONGEST_PATH, |name| {
        let value = environment.get(name).filter(|value| !value.is_empty());
        if value.is_none() {
            missing.insert(name.to_owned());
        }
        value
    });
    if !missing.is_empty() {
        return Err(ConfigError::SubPathVariable(Vec::from_iter(missing).join(", ")));
    }
    expanded.map_err(|TooLong| ConfigError::SubPathTooLong(expression.to_owned()))
}

fn bind(source: &Path, destination: &Path, options: &[&str]) -> Mount {
    let mut mount = mount("bind", source, destination, &["rbind"]);
    mount.options_mut().get_or_insert_default().extend(options.iter().map(|option| (*option).to_owned()));
    mount
}

fn mount(kind: &str, source: impl AsRef<Path>, destination: impl AsRef<Path>, options: &[&str]) -> Mount {
    let mut mount = Mount::default();
    mount
        .set_typ(Some(kind.to_owned()))
        .set_source(Some(source.as_ref().to_owned()))
        .set_destination(destination.as_ref().to_owned())
        .set_options(Some(options.iter().map(|option| (*option).to_owned()).collect()));
    mount
}
