//! Where the cgroups of pods lie.

use crate::container::pod_cgroup;
use k8s_openapi::api::core::v1::Pod;

/// The cgroup of this instance, from the root of each hierarchy.
#[derive(Clone, Debug)]
pub struct Cgroups(String);

impl Cgroups {
    pub fn new(parent: String) -> Self {
        Self(parent)
    }

    /// The cgroup of a pod, from the root of each hierarchy.
    pub fn of_pod(&self, pod: &Pod) -> String {
        format!("{}/{}", self.0, pod_cgroup(pod))
    }
}
