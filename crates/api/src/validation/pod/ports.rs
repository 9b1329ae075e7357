//! The ports of containers.

use crate::validation::text;
use k8s_openapi::{
    api::core::v1::{Container, ContainerPort},
    apimachinery::pkg::util::intstr::IntOrString,
};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};
use std::collections::HashSet;

/// The transport protocols that ports of containers and services can have.
pub const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

/// The ports of one container.
pub fn container_ports(ports: &[ContainerPort], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut names = HashSet::new();
    for (index, port) in ports.iter().enumerate() {
        let path = path.index(index);
        let name = text(port.name.as_ref());
        if !name.is_empty() {
            let messages = format::port_name(name);
            if messages.is_empty() && !names.insert(name) {
                errors.push(Error::duplicate(&path.child("name"), name));
            }
            errors.extend(invalid_each(&path.child("name"), name, messages));
        }
        if port.container_port == 0 {
            errors.push(Error::required(&path.child("containerPort"), ""));
        } else {
            errors.extend(port_number(port.container_port, &path.child("containerPort")));
        }
        if let Some(host_port) = port.host_port.filter(|port| *port != 0) {
            errors.extend(port_number(host_port, &path.child("hostPort")));
        }
        errors.extend(protocol(text(port.protocol.as_ref()), &path.child("protocol")));
    }
    errors
}

/// A transport protocol.
pub fn protocol(protocol: &str, path: &Path) -> Option<Error> {
    if protocol.is_empty() {
        Some(Error::required(path, ""))
    } else if PROTOCOLS.contains(&protocol) {
        None
    } else {
        Some(Error::not_supported(path, protocol, &PROTOCOLS))
    }
}

/// A port's number.
pub fn port_number(number: i32, path: &Path) -> impl Iterator<Item = Error> {
    format::port_number(number).into_iter().map(move |message| Error::invalid(path, number, message))
}

/// A port's number, or the name of a container's port.
pub fn port_number_or_name(port: &IntOrString, path: &Path) -> ErrorList {
    match port {
        IntOrString::Int(number) => port_number(*number, path).collect(),
        IntOrString::String(name) => invalid_each(path, name, format::port_name(name)).collect(),
    }
}

/// A host's port can be had only once, per protocol and host address.
pub fn host_port_conflicts(containers: &[Container], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut taken = HashSet::new();
    for (index, container) in containers.iter().enumerate() {
        for (port_index, port) in container.ports.iter().flatten().enumerate() {
            let Some(number) = port.host_port.filter(|port| *port != 0) else { continue };
            let key = format!("{}/{}/{number}", text(port.protocol.as_ref()), text(port.host_ip.as_ref()));
            if !taken.insert(key.clone()) {
                let path = path.index(index).child("ports").index(port_index).child("hostPort");
                errors.push(Error::duplicate(&path, key));
            }
        }
    }
    errors
}
