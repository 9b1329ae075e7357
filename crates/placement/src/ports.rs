//! Ports of the node that pods ask for.

use api::pod::containers::side_by_side;
use k8s_openapi::api::core::v1::{ContainerPort, Pod};

/// What is said of a node whose ports are taken.
pub const CONFLICT: &str = "node(s) didn't have free ports for the requested pod ports";

/// A port on an address of the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// `None`: on all addresses.
    address: Option<String>,
    protocol: String,
    port: i32,
}

impl HostPort {
    fn new(port: &ContainerPort) -> Option<Self> {
        Some(Self {
            address: port.host_ip.clone().filter(|address| !address.is_empty() && address != "0.0.0.0"),
            protocol: port.protocol.clone().unwrap_or_else(|| "TCP".into()),
            port: port.host_port.filter(|port| *port > 0)?,
        })
    }

    /// Whether both cannot be had on one node.
    #[must_use]
    pub fn conflicts_with(&self, other: &Self) -> bool {
        let same_address = self.address.is_none() || other.address.is_none() || self.address == other.address;
        same_address && self.protocol == other.protocol && self.port == other.port
    }
}

/// The host ports of a pod's containers and sidecars.
#[must_use]
pub fn host_ports(pod: &Pod) -> Vec<HostPort> {
    let Some(spec) = &pod.spec else { return Vec::new() };
    let ports = side_by_side(spec).flat_map(|container| container.ports.iter().flatten());
    ports.filter_map(HostPort::new).collect()
}

/// Whether one of the ports is taken.
#[must_use]
pub fn conflict(wanted: &[HostPort], taken: &[HostPort]) -> bool {
    wanted.iter().any(|port| taken.iter().any(|taken| port.conflicts_with(taken)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn ports_conflict_on_the_same_address_and_protocol() {
        let cases = [
            (json!({ "hostPort": 80 }), json!({ "hostPort": 80 }), true),
            (json!({ "hostPort": 80 }), json!({ "hostPort": 81 }), false),
            (json!({ "hostPort": 80 }), json!({ "hostPort": 80, "protocol": "UDP" }), false),
            (json!({ "hostPort": 80, "hostIP": "0.0.0.0" }), json!({ "hostPort": 80, "hostIP": "10.0.0.1" }), true),
            (json!({ "hostPort": 80, "hostIP": "10.0.0.2" }), json!({ "hostPort": 80, "hostIP": "10.0.0.1" }), false),
            (json!({ "hostPort": 80, "hostIP": "10.0.0.1" }), json!({ "hostPort": 80, "hostIP": "10.0.0.1" }), true),
        ];
        for (one, other, conflict) in cases {
            assert_eq!(port(&one).conflicts_with(&port(&other)), conflict, "{one} {other}");
        }
    }

    fn port(value: &Value) -> HostPort {
        let mut value = value.clone();
        value["containerPort"] = 80.into();
        HostPort::new(&serde_json::from_value(value).unwrap()).unwrap()
    }

    #[test]
    fn only_containers_that_go_on_running_hold_host_ports() {
        let with_port = |port: i32| json!({ "name": "c", "ports": [{ "containerPort": 1, "hostPort": port }] });
        let mut sidecar = with_port(2);
        sidecar["restartPolicy"] = "Always".into();
        let spec = json!({ "initContainers": [with_port(1), sidecar], "containers": [with_port(3), with_port(0)] });
        let pod: Pod = serde_json::from_value(json!({ "spec": spec })).unwrap();
        assert_eq!(host_ports(&pod).into_iter().map(|port| port.port).collect::<Vec<_>>(), [3, 2]);
    }
}
