//! The OCI runtime specification of a container, put together.

#[cfg(test)]
mod tests;

use super::{
    ConfigError, Image, Machine, ObjectLookup, PodFacts, capabilities, command,
    environment::{self, Environment},
    mounts, oom_score, resources, security, user,
};
use k8s_openapi::api::core::v1::{Container, Pod, PodSpec};
use oci_spec::runtime::{Capability, Linux, LinuxNamespace, LinuxNamespaceType, Process, Root, Spec};
use std::collections::HashMap;

/// The OCI runtime spec of one container. Fails with what becomes the message of `CreateContainerConfigError`.
pub fn spec(
    pod: &Pod,
    container: &Container,
    image: &Image,
    facts: &PodFacts,
    objects: &ObjectLookup,
    machine: &Machine,
) -> Result<Spec, ConfigError> {
    let environment = environment::declared(pod, container, facts, objects, machine)?;
    let allowed = capabilities::allowed(container.security_context.as_ref())?;
    let process = process(pod, container, image, facts, machine, &environment, &allowed)?;
    let mounts = mounts::mounts(pod, container, facts, &environment)?;
    let linux = linux(pod, container, facts, machine, &allowed)?;
    let mut root = Root::default();
    let context = container.security_context.as_ref();
    root.set_readonly(context.and_then(|context| context.read_only_root_filesystem));
    let mut spec = Spec::default();
    spec.set_root(Some(root))
        .set_process(Some(process))
        .set_mounts(Some(mounts))
        .set_linux(Some(linux))
        .set_hostname(None)
        .set_annotations(Some(annotations(pod, container)));
    Ok(spec)
}

fn process(
    pod: &Pod,
    container: &Container,
    image: &Image,
    facts: &PodFacts,
    machine: &Machine,
    environment: &Environment,
    allowed: &[Capability],
) -> Result<Process, ConfigError> {
    let complete = environment::complete(environment, container, &image.config, &facts.hostname, &image.user.home)?;
    let oom_score_adj =
        pod.spec.as_ref().map(|spec| oom_score::oom_score_adj(spec, container, machine.memory_capacity));
    let mut process = Process::default();
    process
        .set_terminal(container.tty)
        .set_user(user::user(pod, container, image)?)
        .set_args(Some(command::arguments(container, &image.config, environment)?))
        .set_env(Some(complete.into_strings()))
        .set_cwd(command::working_directory(container, &image.config))
        .set_capabilities(Some(capabilities::sets(allowed)))
        .set_no_new_privileges(Some(security::no_new_privileges(container.security_context.as_ref())))
        .set_oom_score_adj(oom_score_adj)
        .set_rlimits(None);
    Ok(process)
}

fn linux(
    pod: &Pod,
    container: &Container,
    facts: &PodFacts,
    machine: &Machine,
    allowed: &[Capability],
) -> Result<Linux, ConfigError> {
    if let Some(device) = container.volume_devices.iter().flatten().next() {
        return Err(ConfigError::DeviceNotFound { volume: device.name.clone(), container: container.name.clone() });
    }
    let (masked, read_only) = security::masked_and_readonly_paths(container);
    let devices = if security::is_privileged(container) { machine.devices.clone() } else { Vec::new() };
    let mut linux = Linux::default();
    linux
        .set_namespaces(Some(namespaces(pod.spec.as_ref(), facts)))
        .set_resources(Some(resources::of_container(container, machine)))
        .set_cgroups_path(Some(facts.cgroups_path.clone()))
        .set_seccomp(security::seccomp(pod, container, allowed, facts)?)
        .set_masked_paths(Some(masked))
        .set_readonly_paths(Some(read_only))
        .set_devices(Some(devices));
    Ok(linux)
}

/// What a container has of its own; network, IPC and UTS are the sandbox's.
fn namespaces(spec: Option<&PodSpec>, facts: &PodFacts) -> Vec<LinuxNamespace> {
    let namespace = |kind| {
        let mut namespace = LinuxNamespace::default();
        namespace.set_typ(kind);
        namespace
    };
    let mut namespaces = vec![namespace(LinuxNamespaceType::Mount), namespace(LinuxNamespaceType::Cgroup)];
    if spec.and_then(|spec| spec.host_pid) != Some(true) {
        let mut pid = namespace(LinuxNamespaceType::Pid);
        pid.set_path(facts.pid_namespace.clone());
        namespaces.push(pid);
    }
    namespaces
}

/// Whose container it is, under the names that containerd's CRI plugin uses.
fn annotations(pod: &Pod, container: &Container) -> HashMap<String, String> {
    let meta = &pod.metadata;
    let of_pod = [("sandbox-name", &meta.name), ("sandbox-namespace", &meta.namespace), ("sandbox-uid", &meta.uid)];
    let of_pod = of_pod.map(|(key, value)| (key, value.clone().unwrap_or_default()));
    let of_container = [("container-name", container.name.clone()), ("container-type", "container".to_owned())];
    let all = of_pod.into_iter().chain(of_container);
    all.map(|(key, value)| (format!("io.kubernetes.cri.{key}"), value)).collect()
}
