//! What keeps a container in: seccomp, hidden and read-only paths, no new privileges.

use super::{ConfigError, PodFacts};
use k8s_openapi::api::core::v1::{Container, Pod, SeccompProfile, SecurityContext};
use oci_spec::runtime::{Capability, LinuxSeccomp};

/// What a container does not see of /proc and /sys (`pkg/securitycontext/util.go`).
const MASKED_PATHS: [&str; 12] = [
    "/proc/asound",
    "/proc/acpi",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
];

/// What a container cannot write of /proc (`pkg/securitycontext/util.go`).
const READONLY_PATHS: [&str; 5] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

pub(crate) fn is_privileged(container: &Container) -> bool {
    container.security_context.as_ref().is_some_and(|context| context.privileged == Some(true))
}

/// Whether executing a file may not give privileges: only where `allowPrivilegeEscalation` is false.
pub(crate) fn no_new_privileges(context: Option<&SecurityContext>) -> bool {
    context.and_then(|context| context.allow_privilege_escalation) == Some(false)
}

/// The paths to hide and those to make read-only: none for privileged containers and with `procMount: Unmasked`.
pub(crate) fn masked_and_readonly_paths(container: &Container) -> (Vec<String>, Vec<String>) {
    let unmasked = container.security_context.as_ref().and_then(|context| context.proc_mount.as_deref());
    if is_privileged(container) || unmasked == Some("Unmasked") {
        return (Vec::new(), Vec::new());
    }
    (MASKED_PATHS.map(str::to_owned).to_vec(), READONLY_PATHS.map(str::to_owned).to_vec())
}

/// The seccomp profile that the shell has to read for a container, relative to the node's directory of profiles.
#[must_use]
pub fn localhost_profile<'a>(pod: &'a Pod, container: &'a Container) -> Option<&'a str> {
    let profile = seccomp_profile(pod, container).filter(|profile| profile.type_ == "Localhost")?;
    Some(profile.localhost_profile.as_deref().unwrap_or_default())
}

/// The seccomp filter: none unless the spec asks for one (as without the kubelet's `seccompDefault`).
pub(crate) fn seccomp(
    pod: &Pod,
    container: &Container,
    capabilities: &[Capability],
    facts: &PodFacts,
) -> Result<Option<LinuxSeccomp>, ConfigError> {
    if is_privileged(container) {
        return Ok(None);
    }
    match seccomp_profile(pod, container).map(|profile| profile.type_.as_str()) {
        Some("RuntimeDefault") => Ok(Some(runtime::seccomp::default_profile(capabilities))),
        Some("Localhost") => {
            let name = localhost_profile(pod, container).unwrap_or_default();
            let profile = facts.localhost_seccomp.clone().unwrap_or_else(|| Err("it was not read".to_owned()));
            profile.map(Some).map_err(|reason| ConfigError::SeccompProfile(name.to_owned(), reason))
        }
        _ => Ok(None),
    }
}

fn seccomp_profile<'a>(pod: &'a Pod, container: &'a Container) -> Option<&'a SeccompProfile> {
    let of_container = container.security_context.as_ref().and_then(|context| context.seccomp_profile.as_ref());
    let of_pod = pod.spec.as_ref().and_then(|spec| spec.security_context.as_ref()?.seccomp_profile.as_ref());
    of_container.or(of_pod)
}
