//! The three lists of containers.

use super::{
    environment::{environment, environment_from},
    handlers::{lifecycle, liveness_or_startup_probe, readiness_probe},
    mounts::{volume_devices, volume_mounts},
    ports::{container_ports, host_port_conflicts},
    resources::container_resources,
    restarts::{init_restart_policy, resize_policy, resize_restarts, restart_policy},
    security::security_context,
    volumes::Volumes,
};
use crate::{
    pod::containers::is_sidecar,
    validation::{one_of::one_of_values, text},
};
use k8s_openapi::api::core::v1::{Container, EphemeralContainer, PodSpec};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};
use std::collections::{BTreeSet, HashSet};

/// What a container's fields are checked against.
pub struct Context<'pod> {
    pub volumes: Volumes<'pod>,
    /// Names of the pod's resource claims.
    pub claims: BTreeSet<&'pod str>,
    pub grace_period: Option<i64>,
    pub restart_policy: &'pod str,
    /// Whether the pod uses the host's user namespace.
    pub host_users: bool,
    /// `spec.os.name`.
    pub os: Option<&'pod str>,
}

const PULL_POLICIES: [&str; 3] = ["Always", "IfNotPresent", "Never"];

/// `containers`.
pub fn containers(containers: &[Container], context: &Context, path: &Path) -> ErrorList {
    if containers.is_empty() {
        return vec![Error::required(path, "")];
    }
    let mut errors = ErrorList::new();
    let mut names = HashSet::new();
    for (index, container) in containers.iter().enumerate() {
        let path = path.index(index);
        errors.extend(common(container, context, &path));
        if !names.insert(container.name.as_str()) {
            errors.push(Error::duplicate(&path.child("name"), container.name.as_str()));
        }
        errors.extend(probes_and_hooks(container, context, &path));
        errors.extend(restart_policy(container, &path));
    }
    errors.extend(host_port_conflicts(containers, path));
    errors
}

/// `initContainers`. Those that restart always are sidecars and may have probes and hooks.
pub fn init_containers(spec: &PodSpec, context: &Context, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut names: HashSet<&str> = spec.containers.iter().map(|container| container.name.as_str()).collect();
    for (index, container) in spec.init_containers.iter().flatten().enumerate() {
        let item = path.index(index);
        errors.extend(common(container, context, &item));
        errors.extend(init_restart_policy(container, &item));
        if names.contains(container.name.as_str()) {
            errors.push(Error::duplicate(&item.child("name"), container.name.as_str()));
        } else if !container.name.is_empty() {
            names.insert(container.name.as_str());
        }
        errors.extend(host_port_conflicts(std::slice::from_ref(container), path));
        if is_sidecar(container) {
            errors.extend(probes_and_hooks(container, context, &item));
        } else {
            errors.extend(forbidden_before_others(container, &item));
            errors.extend(resize_restarts(container, &item.child("resizePolicy")));
        }
    }
    errors
}

/// Who ends before the others start need not live long.
fn forbidden_before_others(container: &Container, path: &Path) -> ErrorList {
    let for_sidecars = [
        ("lifecycle", container.lifecycle.is_some()),
        ("livenessProbe", container.liveness_probe.is_some()),
        ("readinessProbe", container.readiness_probe.is_some()),
        ("startupProbe", container.startup_probe.is_some()),
    ];
    let set = for_sidecars.iter().filter(|(_, set)| *set);
    let detail = "may not be set for init containers without restartPolicy=Always";
    set.map(|(field, _)| Error::forbidden(&path.child(field), detail)).collect()
}

/// `ephemeralContainers`: visitors for debugging, without resources, ports, probes or hooks.
pub fn ephemeral_containers(spec: &PodSpec, context: &Context, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let others: HashSet<&str> = spec
        .containers
        .iter()
        .chain(spec.init_containers.iter().flatten())
        .map(|container| container.name.as_str())
        .collect();
    let mut names = others.clone();
    for (index, ephemeral) in spec.ephemeral_containers.iter().flatten().enumerate() {
        let path = path.index(index);
        let container = as_container(ephemeral);
        errors.extend(common(&container, context, &path));
        errors.extend(image_whitespace(&container, &path));
        if !names.insert(ephemeral.name.as_str()) {
            errors.push(Error::duplicate(&path.child("name"), ephemeral.name.as_str()));
        }
        let target = text(ephemeral.target_container_name.as_ref());
        if !target.is_empty() && !others.contains(target) {
            errors.push(Error::not_found(&path.child("targetContainerName"), target));
        }
        errors.extend(forbidden_for_ephemeral(ephemeral, &path));
    }
    errors
}

fn forbidden_for_ephemeral(ephemeral: &EphemeralContainer, path: &Path) -> ErrorList {
    let has_resources = ephemeral.resources.as_ref().is_some_and(|resources| {
        resources.limits.is_some() || resources.requests.is_some() || resources.claims.is_some()
    });
    let fields = [
        ("ports", ephemeral.ports.as_ref().is_some_and(|ports| !ports.is_empty())),
        ("resources", has_resources),
        ("resizePolicy", ephemeral.resize_policy.as_ref().is_some_and(|policies| !policies.is_empty())),
        ("restartPolicy", ephemeral.restart_policy.is_some()),
        ("restartPolicyRules", ephemeral.restart_policy_rules.is_some()),
        ("livenessProbe", ephemeral.liveness_probe.is_some()),
        ("readinessProbe", ephemeral.readiness_probe.is_some()),
        ("startupProbe", ephemeral.startup_probe.is_some()),
        ("lifecycle", ephemeral.lifecycle.is_some()),
    ];
    let forbidden = |path: &Path| Error::forbidden(path, "cannot be set for an Ephemeral Container");
    let mut errors: ErrorList =
        fields.iter().filter(|(_, set)| *set).map(|(field, _)| forbidden(&path.child(field))).collect();
    for (index, mount) in ephemeral.volume_mounts.iter().flatten().enumerate() {
        let path = path.child("volumeMounts").index(index);
        if !text(mount.sub_path.as_ref()).is_empty() {
            errors.push(forbidden(&path.child("subPath")));
        }
        if !text(mount.sub_path_expr.as_ref()).is_empty() {
            errors.push(forbidden(&path.child("subPathExpr")));
        }
    }
    errors
}

/// What all sorts of containers must fulfil.
fn common(container: &Container, context: &Context, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if container.name.is_empty() {
        errors.push(Error::required(&path.child("name"), ""));
    } else {
        let messages = format::dns1123_label(&container.name);
        errors.extend(invalid_each(&path.child("name"), &container.name, messages));
    }
    if text(container.image.as_ref()).is_empty() {
        errors.push(Error::required(&path.child("image"), ""));
    }
    let supported = ["File", "FallbackToLogsOnError"];
    errors.extend(one_of_values(
        container.termination_message_policy.as_ref(),
        &supported,
        path,
        "terminationMessagePolicy",
    ));
    errors.extend(container_ports(container.ports.as_deref().unwrap_or_default(), &path.child("ports")));
    errors.extend(environment(container.env.as_deref().unwrap_or_default(), &path.child("env")));
    errors.extend(environment_from(container.env_from.as_deref().unwrap_or_default(), &path.child("envFrom")));
    errors.extend(volume_mounts(container, &context.volumes, &path.child("volumeMounts")));
    errors.extend(volume_devices(container, &context.volumes, &path.child("volumeDevices")));
    errors.extend(one_of_values(container.image_pull_policy.as_ref(), &PULL_POLICIES, path, "imagePullPolicy"));
    if let Some(resources) = &container.resources {
        errors.extend(container_resources(resources, &context.claims, &path.child("resources")));
    }
    errors.extend(resize_policy(container, context.restart_policy, &path.child("resizePolicy")));
    if let Some(security) = &container.security_context {
        errors.extend(security_context(security, context.host_users, &path.child("securityContext")));
    }
    errors
}

fn probes_and_hooks(container: &Container, context: &Context, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if let Some(hooks) = &container.lifecycle {
        errors.extend(lifecycle(hooks, context.grace_period, context.os, &path.child("lifecycle")));
    }
    errors.extend(liveness_or_startup_probe(container.liveness_probe.as_ref(), &path.child("livenessProbe")));
    errors.extend(readiness_probe(container.readiness_probe.as_ref(), &path.child("readinessProbe")));
    errors.extend(liveness_or_startup_probe(container.startup_probe.as_ref(), &path.child("startupProbe")));
    errors
}

/// Pods, unlike templates, may not have images with white space around.
pub fn image_whitespace(container: &Container, path: &Path) -> Option<Error> {
    let image = text(container.image.as_ref());
    (image.trim() != image)
        .then(|| Error::invalid(&path.child("image"), image, "must not have leading or trailing whitespace"))
}

/// What ephemeral containers share with others.
pub fn as_container(ephemeral: &EphemeralContainer) -> Container {
    let ephemeral = ephemeral.clone();
    Container {
        args: ephemeral.args,
        command: ephemeral.command,
        env: ephemeral.env,
        env_from: ephemeral.env_from,
        image: ephemeral.image,
        image_pull_policy: ephemeral.image_pull_policy,
        name: ephemeral.name,
        ports: ephemeral.ports,
        resize_policy: ephemeral.resize_policy,
        resources: ephemeral.resources,
        security_context: ephemeral.security_context,
        termination_message_path: ephemeral.termination_message_path,
        termination_message_policy: ephemeral.termination_message_policy,
        volume_devices: ephemeral.volume_devices,
        volume_mounts: ephemeral.volume_mounts,
        ..Container::default()
    }
}
