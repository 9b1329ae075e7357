//! From a container of a pod to the OCI runtime specification: command, environment, mounts, security, resources.
//! Pure: files, images and API objects it needs are looked up before and passed in.

mod amounts;
mod argument_space;
mod capabilities;
mod command;
mod environment;
pub mod ephemeral;
pub mod error;
#[cfg(test)]
pub(crate) mod examples;
mod expansion;
pub mod field_ref;
pub mod inputs;
pub mod mounts;
mod oom_score;
mod resources;
pub mod security;
mod specification;
pub mod user;

use api::qos::{self, QosClass};
use k8s_openapi::api::core::v1::Pod;
use oci_spec::runtime::LinuxResources;
use std::collections::BTreeMap;

pub use error::ConfigError;
pub use inputs::{CgroupVersion, Image, Machine, ObjectLookup, PodFacts, UserFromImage, VolumeOnNode};
pub use specification::spec;

/// The cgroup of a pod below the node's own: `pod<uid>`, or in a folder of its class unless it is guaranteed
/// (`GetPodContainerName` in `pkg/kubelet/cm/pod_container_manager_linux.go`).
#[must_use]
pub fn pod_cgroup(pod: &Pod) -> String {
    let name = format!("pod{}", pod.metadata.uid.as_deref().unwrap_or_default());
    match pod.spec.as_ref().map(qos::class) {
        Some(QosClass::Burstable) => format!("burstable/{name}"),
        Some(QosClass::BestEffort) => format!("besteffort/{name}"),
        Some(QosClass::Guaranteed) | None => name,
    }
}

/// The resources of a pod's cgroup (`ResourceConfigForPod` in `pkg/kubelet/cm/helpers_linux.go`).
#[must_use]
pub fn pod_resources(pod: &Pod) -> LinuxResources {
    pod.spec.as_ref().map(resources::of_pod).unwrap_or_default()
}

/// The sysctls of a pod's sandbox, with dots between the parts of a name.
#[must_use]
pub fn sysctls(pod: &Pod) -> BTreeMap<String, String> {
    let context = pod.spec.as_ref().and_then(|spec| spec.security_context.as_ref());
    let sysctls = context.and_then(|context| context.sysctls.as_deref()).unwrap_or_default();
    sysctls.iter().map(|sysctl| (with_dots(&sysctl.name), sysctl.value.clone())).collect()
}

/// sysctl(8) takes both separators: the first one in the name is the separator, the other then stands for itself.
fn with_dots(name: &str) -> String {
    match name.find(['.', '/']).and_then(|first| name.get(first..=first)) {
        Some("/") => name
            .chars()
            .map(|c| {
                if c == '/' {
                    '.'
                } else if c == '.' {
                    '/'
                } else {
                    c
                }
            })
            .collect(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        examples::{container, pod_of},
        *,
    };
    use serde_json::json;

    #[test]
    fn pods_have_cgroups_by_class() {
        let guaranteed = json!({ "cpu": "1", "memory": "1Gi" });
        for (resources, expected) in [
            (json!({}), "besteffort/podu-1"),
            (json!({ "requests": { "cpu": "1" } }), "burstable/podu-1"),
            (json!({ "requests": guaranteed, "limits": guaranteed }), "podu-1"),
        ] {
            let pod = pod_of(&container(&json!({ "resources": resources })), &json!({}));
            assert_eq!(pod_cgroup(&pod), expected, "{resources}");
        }
    }

    #[test]
    fn sysctls_have_dots() {
        for (name, expected) in [
            ("kernel.shm_rmid_forced", "kernel.shm_rmid_forced"),
            ("kernel/shm_rmid_forced", "kernel.shm_rmid_forced"),
            ("net.ipv4.conf.eth0/1.arp_filter", "net.ipv4.conf.eth0/1.arp_filter"),
            ("net/ipv4/conf/eth0.1/arp_filter", "net.ipv4.conf.eth0/1.arp_filter"),
        ] {
            let context = json!({ "securityContext": { "sysctls": [{ "name": name, "value": "1" }] } });
            let pod = pod_of(&container(&json!({})), &context);
            assert_eq!(sysctls(&pod), [(expected.to_owned(), "1".to_owned())].into());
        }
    }
}
