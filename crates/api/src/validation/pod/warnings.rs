//! What is allowed in a pod but probably a mistake (`pkg/api/pod/warnings.go`).

mod containers;
mod overlaps;
mod places;
mod ports;
mod volumes;

use self::{
    containers::{container_warnings, fractional, visit_containers},
    overlaps::overlapping_paths,
    places::{places, selectors},
    ports::port_warnings,
    volumes::volume_warnings,
};
use super::profiles::SECCOMP_OF_POD;
use crate::validation::text;
use k8s_openapi::{
    api::core::v1::{PodSpec, PodTemplateSpec},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use machinery::{field::Path, format};
use std::{collections::HashSet, net::IpAddr};

/// Annotations that do nothing any more, and the fields that replaced them.
const DEAD_ANNOTATIONS: [(&str, &str); 3] = [
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        "non-functional in v1.16+; use the \"priorityClassName\" field instead",
    ),
    ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    ("security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
];
/// Kubernetes escapes the quotes once too often.
const USE_SECCOMP_FIELD: &str = r#"non-functional in v1.27+; use the \"seccompProfile\" field instead"#;

/// Warnings about a valid new pod.
#[must_use]
pub fn pod_warnings(metadata: &ObjectMeta, spec: &PodSpec) -> Vec<String> {
    let mut warnings = Vec::new();
    let messages = format::dns1123_label(text(metadata.name.as_ref()));
    if !messages.is_empty() {
        let messages = messages.join(" ");
        warnings.push(format!(
            "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is \
             recommended: [{messages}]"
        ));
    }
    warnings.extend(about(metadata, spec, &Path::root(), false));
    warnings
}

/// Warnings about a valid pod template.
#[must_use]
pub fn template_warnings(template: &PodTemplateSpec, path: &Path) -> Vec<String> {
    let metadata = template.metadata.clone().unwrap_or_default();
    let spec = template.spec.clone().unwrap_or_default();
    about(&metadata, &spec, path, true)
}

fn about(metadata: &ObjectMeta, spec: &PodSpec, path: &Path, is_template: bool) -> Vec<String> {
    let annotations = metadata.annotations.clone().unwrap_or_default();
    let annotations_path = path.child("metadata").child("annotations");
    let path = path.child("spec");
    let mut warnings = places(spec, &path);
    for (key, message) in DEAD_ANNOTATIONS.iter().filter(|(key, _)| annotations.contains_key(*key)) {
        warnings.push(format!("{}: {message}", annotations_path.key(key)));
    }
    let volumes = spec.volumes.as_deref().unwrap_or_default();
    warnings.extend(volume_warnings(volumes, &path.child("volumes")));
    warnings.extend(overlapping_paths(volumes));
    warnings.extend(names(spec, &path));
    for name in ["memory", "ephemeral-storage"] {
        warnings.extend(fractional(spec.overhead.as_ref(), name, &path.child("overhead")));
    }
    let seccomp = spec.security_context.as_ref().and_then(|context| context.seccomp_profile.as_ref());
    if seccomp.is_none() && annotations.contains_key(SECCOMP_OF_POD) {
        warnings.push(format!("{}: {USE_SECCOMP_FIELD}", annotations_path.key(SECCOMP_OF_POD)));
    }
    let containers = visit_containers(spec, &path);
    let of_pod = spec.security_context.as_ref().and_then(|context| context.app_armor_profile.as_ref());
    let profiles_of_annotations = is_template && of_pod.is_none();
    for (path, container) in &containers {
        let annotations = (&annotations, &annotations_path);
        warnings.extend(container_warnings(container, annotations, profiles_of_annotations, path));
    }
    warnings.extend(port_warnings(&containers));
    if spec.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0) {
        let path = path.child("terminationGracePeriodSeconds");
        warnings.push(format!("{path}: must be >= 0; negative values are invalid and will be treated as 1"));
    }
    warnings.extend(selectors(spec, &path));
    warnings.extend(addresses(spec, &path));
    warnings
}

/// Host aliases and pull secrets of which there is more than one, and those without a name.
fn names(spec: &PodSpec, path: &Path) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut seen = HashSet::new();
    for (index, alias) in spec.host_aliases.iter().flatten().enumerate() {
        if !seen.insert(&alias.ip) {
            let path = path.child("hostAliases").index(index).child("ip");
            warnings.push(format!("{path}: duplicate ip {:?}", alias.ip));
        }
    }
    let path = path.child("imagePullSecrets");
    let secrets = spec.image_pull_secrets.as_deref().unwrap_or_default();
    let mut seen = HashSet::new();
    for (index, secret) in secrets.iter().enumerate() {
        if !seen.insert(&secret.name) {
            warnings.push(format!("{}: duplicate name {:?}", path.index(index).child("name"), secret.name));
        }
    }
    for (index, _) in secrets.iter().enumerate().filter(|(_, secret)| secret.name.is_empty()) {
        warnings.push(format!("{}: invalid empty name \"\"", path.index(index).child("name")));
    }
    warnings
}

/// Addresses that are not in the one form that others would compare them in.
fn addresses(spec: &PodSpec, path: &Path) -> Vec<String> {
    let servers = spec.dns_config.iter().filter_map(|config| config.nameservers.as_ref()).flatten().enumerate();
    let servers_path = path.child("dnsConfig").child("nameservers");
    let servers = servers.map(|(index, address)| (servers_path.index(index), address));
    let aliases = spec.host_aliases.iter().flatten().enumerate();
    let aliases_path = path.child("hostAliases");
    let aliases = aliases.map(|(index, alias)| (aliases_path.index(index).child("ip"), &alias.ip));
    let warning = |(path, address): (Path, &String)| match address.parse() {
        Ok(IpAddr::V6(parsed)) if parsed.to_string() != *address => {
            Some(format!("{path}: IPv6 address {address:?} should be in RFC 5952 canonical format (\"{parsed}\")"))
        }
        _ => None,
    };
    servers.chain(aliases).filter_map(warning).collect()
}
