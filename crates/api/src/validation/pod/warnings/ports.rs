//! Ports of a pod's containers that stand in each other's way.

use crate::validation::text;
use k8s_openapi::api::core::v1::{Container, ContainerPort};
use machinery::field::Path;
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

/// Warnings about the ports of all containers together.
pub fn port_warnings(containers: &[(Path, Cow<Container>)]) -> Vec<String> {
    let ports: Vec<(Path, &ContainerPort)> = containers
        .iter()
        .flat_map(|(path, container)| {
            let ports = container.ports.iter().flatten().enumerate();
            ports.map(|(index, port)| (path.child("ports").index(index), port))
        })
        .collect();
    let mut warnings = Vec::new();
    let mut earlier: BTreeMap<(i32, &str), Vec<(&Path, &ContainerPort)>> = BTreeMap::new();
    for (path, port) in &ports {
        if !text(port.host_ip.as_ref()).is_empty() && host_port(port) == 0 {
            warnings.push(format!("{path}: hostIP set without hostPort: {}", as_go_prints(port)));
        }
        let others = earlier.entry((port.container_port, text(port.protocol.as_ref()))).or_default();
        for (other_path, other) in others.iter() {
            if let Some(relation) = relation(port, other) {
                warnings.push(format!("{path}: {relation} port definition with {other_path}"));
            }
        }
        others.push((path, port));
    }
    let mut names: HashMap<&str, &Path> = HashMap::new();
    for (path, port) in &ports {
        let name = text(port.name.as_ref());
        if name.is_empty() {
            continue;
        }
        if let Some(other) = names.get(name) {
            warnings.push(format!(
                "{path}: duplicate port name {name:?} with {other}, services and probes that select ports by name will \
                 use {other}"
            ));
        } else {
            names.insert(name, path);
        }
    }
    warnings
}

/// How two definitions of one container port go together.
fn relation(port: &ContainerPort, other: &ContainerPort) -> Option<&'static str> {
    let (ip, other_ip) = (text(port.host_ip.as_ref()), text(other.host_ip.as_ref()));
    let (number, other_number) = (host_port(port), host_port(other));
    if ip == other_ip && number == other_number {
        Some("duplicate")
    } else if number == 0 || other_number == 0 {
        Some("overlapping")
    } else if number == other_number && ip.is_empty() != other_ip.is_empty() {
        Some("dangerously ambiguous")
    } else {
        None
    }
}

fn host_port(port: &ContainerPort) -> i32 {
    port.host_port.unwrap_or_default()
}

/// The port as Kubernetes, which is careless here, puts it into the message.
fn as_go_prints(port: &ContainerPort) -> String {
    format!(
        "{{Name:{} HostPort:{} ContainerPort:{} Protocol:{} HostIP:{}}}",
        text(port.name.as_ref()),
        host_port(port),
        port.container_port,
        text(port.protocol.as_ref()),
        text(port.host_ip.as_ref()),
    )
}
