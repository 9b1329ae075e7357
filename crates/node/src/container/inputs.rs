//! What the shell has looked up before a container is specified.

use k8s_openapi::{
    api::core::v1::{ConfigMap, Secret},
    apimachinery::pkg::api::resource::Quantity,
};
use oci_spec::runtime::{LinuxDevice, LinuxSeccomp};
use std::{collections::BTreeMap, net::IpAddr, path::PathBuf};

/// An image, as far as its containers depend on it.
#[derive(Debug, Clone, Default)]
pub struct Image {
    /// The image's configuration (OCI image specification, `config`).
    pub config: oci_spec::image::Config,
    /// The user to run as, from `runAsUser` or the image, looked up in the image's /etc/passwd and /etc/group.
    pub user: UserFromImage,
}

/// A user found in an image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFromImage {
    pub uid: u32,
    pub gid: u32,
    /// Groups of /etc/group that name the user.
    pub groups: Vec<u32>,
    /// The home directory, /root or / if unknown.
    pub home: String,
}

/// What the node knows of a pod besides its spec.
#[derive(Debug, Clone, Default)]
pub struct PodFacts {
    pub pod_ips: Vec<IpAddr>,
    pub host_ips: Vec<IpAddr>,
    /// The pod's host name (the node's with `hostNetwork`).
    pub hostname: String,
    /// The file mounted on /etc/hosts.
    pub etc_hosts: PathBuf,
    /// The file mounted on /etc/hostname.
    pub etc_hostname: PathBuf,
    /// The file mounted on /etc/resolv.conf.
    pub resolv_conf: PathBuf,
    /// The pod's /dev/shm.
    pub shm: PathBuf,
    /// The file mounted on the container's `terminationMessagePath`.
    pub termination_log: PathBuf,
    /// The pod's volumes, by name.
    pub volumes: BTreeMap<String, VolumeOnNode>,
    /// What [`super::mounts::sub_paths`] asked for, by position in `volumeMounts`: made, and safe from symbolic links.
    pub sub_paths: BTreeMap<usize, PathBuf>,
    /// The profile that [`super::security::localhost_profile`] named, read from the node.
    pub localhost_seccomp: Option<Result<LinuxSeccomp, String>>,
    /// The PID namespace to join: the sandbox's with `shareProcessNamespace`; that of an ephemeral container's target is
    /// none to name, the supervisor knows it.
    pub pid_namespace: Option<PathBuf>,
    /// The container's cgroup, from the root of the hierarchy.
    pub cgroups_path: PathBuf,
    /// What the environment says of the namespace's services (`KUBERNETES_SERVICE_HOST`, ...).
    pub service_env: BTreeMap<String, String>,
}

/// A volume that has been set up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VolumeOnNode {
    pub path: PathBuf,
    /// The volume itself is read-only, whatever its mounts say.
    pub read_only: bool,
}

/// The config maps and secrets that a container refers to, by name. What is missing does not exist.
#[derive(Debug, Clone, Default)]
pub struct ObjectLookup {
    pub config_maps: BTreeMap<String, ConfigMap>,
    pub secrets: BTreeMap<String, Secret>,
}

/// The machine the container runs on.
#[derive(Debug, Clone)]
pub struct Machine {
    pub cgroup_version: CgroupVersion,
    /// Bytes of memory.
    pub memory_capacity: u64,
    /// What the node may give to pods (`status.allocatable`): what `resourceFieldRef` says of limits that are not set.
    pub allocatable: BTreeMap<String, Quantity>,
    /// All devices of the machine: what privileged containers get.
    pub devices: Vec<LinuxDevice>,
}

/// Which cgroup interface holds the controllers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CgroupVersion {
    /// Version 1, also hybrid.
    V1,
    V2,
}
