//! What is allowed in a pod but probably a mistake (`pkg/api/pod/warnings.go`).

use std::collections::HashMap;

use k8s_openapi::api::core::v1::{Container, PodSpec};

use crate::{field::Path, quantity::Quantity, validation::text};

/// Node labels that have been renamed.
const DEPRECATED_LABELS: [(&str, &str); 4] = [
    ("beta.kubernetes.io/arch", "kubernetes.io/arch"),
    ("beta.kubernetes.io/os", "kubernetes.io/os"),
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
    ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
];

/// Warnings about a valid pod specification.
#[must_use]
pub fn warnings(spec: &PodSpec, path: &Path) -> Vec<String> {
    let mut warnings = Vec::new();
    for key in spec.node_selector.iter().flat_map(|selector| selector.keys()) {
        if let Some((_, new)) = DEPRECATED_LABELS.iter().find(|(old, _)| old == key) {
            let path = path.child("nodeSelector").key(key);
            warnings.push(format!("{path}: deprecated since v1.14; use \"{new}\" instead"));
        }
    }
    if spec.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0) {
        let path = path.child("terminationGracePeriodSeconds");
        warnings.push(format!("{path}: must be >= 0; negative values are invalid and will be treated as 1"));
    }
    for (index, volume) in spec.volumes.iter().flatten().enumerate() {
        let path = path.child("volumes").index(index);
        if volume.git_repo.is_some() {
            warnings.push(format!("{path}.gitRepo: deprecated in v1.11, and disabled by default in v1.33+"));
        }
        if volume.glusterfs.is_some() {
            warnings.push(format!("{path}.glusterfs: deprecated in v1.25, non-functional in v1.26+"));
        }
    }
    for (index, secret) in spec.image_pull_secrets.iter().flatten().enumerate() {
        if secret.name.is_empty() {
            let path = path.child("imagePullSecrets").index(index);
            warnings.push(format!("{path}: invalid empty name \"\""));
        }
    }
    let init_containers = spec.init_containers.as_deref().unwrap_or_default();
    for (list, containers) in [("initContainers", init_containers), ("containers", spec.containers.as_slice())] {
        for (index, container) in containers.iter().enumerate() {
            container_warnings(container, &path.child(list).index(index), &mut warnings);
        }
    }
    warnings
}

fn container_warnings(container: &Container, path: &Path, warnings: &mut Vec<String>) {
    let resources = container.resources.as_ref();
    let lists = [
        ("requests", resources.and_then(|resources| resources.requests.as_ref())),
        ("limits", resources.and_then(|resources| resources.limits.as_ref())),
    ];
    for (list, quantities) in lists {
        for name in ["memory", "ephemeral-storage"] {
            let quantity = quantities.and_then(|quantities| quantities.get(name));
            let Some(quantity) = quantity.and_then(|quantity| quantity.0.parse::<Quantity>().ok()) else { continue };
            if !quantity.is_integer() {
                let path = path.child("resources").child(list).key(name);
                warnings.push(format!("{path}: fractional byte value \"{quantity}\" is invalid, must be an integer"));
            }
        }
    }
    let mut names: HashMap<&str, &Option<String>> = HashMap::new();
    for (index, variable) in container.env.iter().flatten().enumerate() {
        let Some(earlier) = names.insert(&variable.name, &variable.value) else { continue };
        let refers_to_itself = text(variable.value.as_ref()).contains(&format!("$({})", variable.name));
        if !refers_to_itself || earlier.is_none() {
            let path = path.child("env").index(index);
            let name = &variable.name;
            warnings.push(format!(
                "{path}: hides previous definition of \"{name}\", which may be dropped when using apply"
            ));
        }
    }
    let mut ports: HashMap<(i32, &str), usize> = HashMap::new();
    for (index, port) in container.ports.iter().flatten().enumerate() {
        let key = (port.container_port, text(port.protocol.as_ref()));
        let path = path.child("ports");
        if let Some(first) = ports.insert(key, index) {
            warnings.push(format!("{}: duplicate port definition with {}", path.index(index), path.index(first)));
        }
    }
}
