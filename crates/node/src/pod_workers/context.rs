//! What all pod workers of a node share.

use crate::{
    admission::{self, NodeObject},
    clock::Clock,
    container::{Machine, ephemeral::as_container, pod_cgroup},
    directories::PodsDirectory,
    events::{Recorder, container_reference},
    images::ImagePuller,
    metrics::Metrics,
    pod_files::{ClusterDns, ResolvConf},
    status_manager::StatusManager,
    volumes::Volumes,
};
use k8s_openapi::api::core::v1::{Container, ObjectReference, Pod};
use network::Network;
use runtime::Runtime;
use std::{net::IpAddr, path::PathBuf, sync::Arc};

/// Handles on everything a worker acts through.
pub struct Context {
    pub admission: admission::Facts,
    pub node_object: NodeObject,
    pub client: kube::Client,
    pub clock: Clock,
    pub directory: PodsDirectory,
    /// Where the profiles are that a `localhostProfile` names.
    pub seccomp_profiles: PathBuf,
    pub images: ImagePuller,
    pub machine: Machine,
    pub metrics: Metrics,
    pub network: Network,
    pub recorder: Recorder,
    pub runtime: Runtime,
    pub status_manager: StatusManager,
    pub volumes: Volumes,
    pub node_name: String,
    pub host_ips: Vec<IpAddr>,
    pub cluster_dns: ClusterDns,
    pub node_resolv_conf: ResolvConf,
    /// The cgroup of this instance, from the root of each hierarchy.
    pub cgroup_parent: String,
}

impl Context {
    /// The cgroup of a pod, from the root of each hierarchy.
    pub fn cgroup(&self, pod: &Pod) -> String {
        format!("{}/{}", self.cgroup_parent, pod_cgroup(pod))
    }
}

/// Shared by a node's workers.
pub type SharedContext = Arc<Context>;

/// A container of whichever sort, with a reference to it for events.
pub fn find_container(pod: &Pod, name: &str) -> Option<(Container, ObjectReference)> {
    let spec = pod.spec.as_ref()?;
    let named = |containers: &[Container]| containers.iter().find(|container| container.name == name).cloned();
    let init = spec.init_containers.as_deref().unwrap_or_default();
    let ephemeral = || spec.ephemeral_containers.iter().flatten().find(|container| container.name == name);
    let (container, field) = named(&spec.containers)
        .map(|container| (container, "containers"))
        .or_else(|| named(init).map(|container| (container, "initContainers")))
        .or_else(|| ephemeral().map(|container| (as_container(container), "ephemeralContainers")))?;
    Some((container, container_reference(pod, field, name)))
}

/// Whether the pod uses the node's own network.
pub fn has_host_network(pod: &Pod) -> bool {
    pod.spec.as_ref().and_then(|spec| spec.host_network).unwrap_or_default()
}
