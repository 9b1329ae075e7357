//! From a container of a pod to the OCI runtime specification: command, environment, mounts, security, resources.
//! Pure: files, images and API objects it needs are looked up before and passed in.

pub mod ephemeral;
pub mod error;
pub mod inputs;
pub mod qos;
mod quantity;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, Pod};
use oci_spec::runtime::{LinuxResources, Spec};

pub use error::ConfigError;
pub use inputs::{CgroupVersion, Image, Machine, ObjectLookup, PodFacts, UserFromImage, VolumeOnNode};

/// The OCI runtime spec of one container. Fails with what becomes the message of `CreateContainerConfigError`.
pub fn spec(
    _pod: &Pod,
    _container: &Container,
    _image: &Image,
    _facts: &PodFacts,
    _objects: &ObjectLookup,
    _machine: &Machine,
) -> Result<Spec, ConfigError> {
    Ok(Spec::default())
}

/// The cgroup of a pod below the node's own: `besteffort/pod<uid>`, `burstable/pod<uid>` or `pod<uid>`.
#[must_use]
pub fn pod_cgroup(_pod: &Pod) -> String {
    String::new()
}

/// The resources of a pod's cgroup (`ResourceConfigForPod` in pkg/kubelet/cm/helpers_linux.go).
#[must_use]
pub fn pod_resources(_pod: &Pod, _machine: &Machine) -> LinuxResources {
    LinuxResources::default()
}

/// The sysctls of a pod's sandbox, with dots between the parts of a name.
#[must_use]
pub fn sysctls(_pod: &Pod) -> BTreeMap<String, String> {
    BTreeMap::new()
}
