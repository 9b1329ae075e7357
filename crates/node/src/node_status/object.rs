//! The Node object as a pure function of the machine's facts and the node's settings.

use super::facts::Facts;
use k8s_openapi::{
    api::core::v1::{
        ContainerImage, DaemonEndpoint, Node, NodeAddress, NodeCondition, NodeDaemonEndpoints, NodeSpec, NodeStatus,
        NodeSystemInfo,
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::ObjectMeta},
};
use std::{collections::BTreeMap, net::IpAddr};

/// The version of Kubernetes whose behaviour minke follows, marked as minke's.
pub const KUBELET_VERSION: &str = concat!("v1.37.0+minke-", env!("CARGO_PKG_VERSION"));

/// What is set about a node, beside what its machine is.
#[derive(Clone, Debug)]
pub struct Identity {
    pub name: String,
    pub addresses: Vec<IpAddr>,
    pub pod_cidrs: Vec<String>,
    pub max_pods: u32,
}

/// The labels and the spec under which a node registers.
pub fn node(identity: &Identity) -> Node {
    let labels = labels(identity);
    Node {
        metadata: ObjectMeta { name: Some(identity.name.clone()), labels: Some(labels), ..ObjectMeta::default() },
        spec: Some(NodeSpec {
            pod_cidr: identity.pod_cidrs.first().cloned(),
            pod_cidrs: Some(identity.pod_cidrs.clone()),
            ..NodeSpec::default()
        }),
        status: None,
    }
}

fn labels(identity: &Identity) -> BTreeMap<String, String> {
    let architecture = architecture(std::env::consts::ARCH);
    [
        ("kubernetes.io/hostname", identity.name.as_str()),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", architecture),
        ("beta.kubernetes.io/os", "linux"),
        ("beta.kubernetes.io/arch", architecture),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect()
}

/// The status a node reports.
pub fn status(
    identity: &Identity,
    facts: &Facts,
    conditions: Vec<NodeCondition>,
    images: Vec<ContainerImage>,
) -> NodeStatus {
    let mut addresses: Vec<_> = identity
        .addresses
        .iter()
        .map(|address| NodeAddress { type_: "InternalIP".to_owned(), address: address.to_string() })
        .collect();
    addresses.push(NodeAddress { type_: "Hostname".to_owned(), address: identity.name.clone() });
    NodeStatus {
        addresses: Some(addresses),
        capacity: Some(resources(facts, identity.max_pods, facts.memory)),
        allocatable: Some(allocatable(facts, identity.max_pods)),
        conditions: Some(conditions),
        images: Some(images),
        // Port 0: the node's API is reached through the API server's own process, not through a listener.
        daemon_endpoints: Some(NodeDaemonEndpoints { kubelet_endpoint: Some(DaemonEndpoint { port: 0 }) }),
        node_info: Some(NodeSystemInfo {
            machine_id: facts.machine_id.clone(),
            system_uuid: facts.system_uuid.clone(),
            boot_id: facts.boot_id.clone(),
            kernel_version: facts.kernel.clone(),
            os_image: facts.os_image.clone(),
            operating_system: "linux".to_owned(),
            architecture: architecture(std::env::consts::ARCH).to_owned(),
            container_runtime_version: concat!("minke://", env!("CARGO_PKG_VERSION")).to_owned(),
            kubelet_version: KUBELET_VERSION.to_owned(),
            ..NodeSystemInfo::default()
        }),
        ..NodeStatus::default()
    }
}

/// A node as it registers, with what pods may have of it.
pub fn node_with_allocatable(identity: &Identity, facts: &Facts) -> Node {
    let allocatable = Some(allocatable(facts, identity.max_pods));
    Node { status: Some(NodeStatus { allocatable, ..NodeStatus::default() }), ..node(identity) }
}

/// What pods may have of the machine.
pub fn allocatable(facts: &Facts, max_pods: u32) -> BTreeMap<String, Quantity> {
    resources(facts, max_pods, facts.allocatable_memory())
}

fn resources(facts: &Facts, max_pods: u32, memory: u64) -> BTreeMap<String, Quantity> {
    let kibibytes = |bytes: u64| Quantity(format!("{}Ki", bytes / 1024));
    let mut resources = BTreeMap::from([
        ("cpu".to_owned(), Quantity(facts.processors.to_string())),
        ("memory".to_owned(), kibibytes(memory)),
        ("ephemeral-storage".to_owned(), kibibytes(facts.storage)),
        ("pods".to_owned(), Quantity(max_pods.to_string())),
    ]);
    for (size, reserved) in &facts.huge_pages {
        resources.insert(format!("hugepages-{}", binary(*size)), Quantity(binary(*reserved)));
    }
    resources
}

/// A power of two in Kubernetes' binary suffixes: `2Mi`, `1Gi`, `0`.
fn binary(bytes: u64) -> String {
    match bytes {
        0 => "0".to_owned(),
        _ if bytes.is_multiple_of(1 << 30) => format!("{}Gi", bytes >> 30),
        _ if bytes.is_multiple_of(1 << 20) => format!("{}Mi", bytes >> 20),
        _ => format!("{}Ki", bytes >> 10),
    }
}

/// Go's name of an architecture, which is the one Kubernetes uses in labels and image indexes.
fn architecture(rust_name: &str) -> &str {
    match rust_name {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "powerpc64" => "ppc64le",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            name: "one".to_owned(),
            addresses: vec![IpAddr::from([10, 0, 0, 7])],
            pod_cidrs: vec!["10.42.0.0/24".to_owned()],
            max_pods: 110,
        }
    }

    #[test]
    fn capacity_and_allocatable_use_kubernetes_units() {
        let facts = Facts {
            processors: 2,
            memory: 4 << 30,
            storage: 10 << 30,
            huge_pages: vec![(2 << 20, 0), (1 << 30, 2 << 30)],
            ..Facts::default()
        };
        let status = status(&identity(), &facts, Vec::new(), Vec::new());
        let capacity = status.capacity.unwrap();
        for (name, quantity) in [
            ("cpu", "2"),
            ("memory", "4194304Ki"),
            ("ephemeral-storage", "10485760Ki"),
            ("pods", "110"),
            ("hugepages-2Mi", "0"),
            ("hugepages-1Gi", "2Gi"),
        ] {
            assert_eq!(capacity.get(name).map(|quantity| quantity.0.as_str()), Some(quantity), "{name}");
        }
        assert_eq!(status.allocatable.unwrap()["memory"].0, "4091904Ki");
    }

    #[test]
    fn a_node_carries_the_well_known_labels_and_addresses() {
        let node = node(&identity());
        assert_eq!(node.metadata.labels.unwrap()["kubernetes.io/hostname"], "one");
        assert_eq!(node.spec.unwrap().pod_cidr.as_deref(), Some("10.42.0.0/24"));
        let addresses = status(&identity(), &Facts::default(), Vec::new(), Vec::new()).addresses.unwrap();
        let addresses: Vec<_> = addresses.iter().map(|a| (a.type_.as_str(), a.address.as_str())).collect();
        assert_eq!(addresses, [("InternalIP", "10.0.0.7"), ("Hostname", "one")]);
    }

    #[test]
    fn architectures_are_named_as_go_names_them() {
        for (rust_name, name) in [("x86_64", "amd64"), ("aarch64", "arm64"), ("riscv64", "riscv64")] {
            assert_eq!(architecture(rust_name), name);
        }
    }
}
