//! What there is to know of a node when places are given: what it offers, and the pods on it.

use crate::{node_affinity::NodeIdentity, pod_info::PodInfo, ports::HostPort, resources::Resources};
use api::pod::resources::quantities;
use k8s_openapi::api::core::v1::{ContainerImage, Node, Pod, Taint};
use std::{collections::BTreeMap, sync::Arc};

/// What a node offers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Offer {
    pub labels: BTreeMap<String, String>,
    pub taints: Vec<Taint>,
    /// `spec.unschedulable`: cordoned.
    pub unschedulable: bool,
    pub allocatable: Resources,
    /// The sizes in bytes of the images that the node has, by each of their names.
    pub images: BTreeMap<String, i64>,
}

impl Offer {
    #[must_use]
    pub fn of(node: &Node) -> Self {
        let spec = node.spec.as_ref();
        let allocatable = node.status.as_ref().and_then(|status| status.allocatable.as_ref());
        Self {
            labels: node.metadata.labels.clone().unwrap_or_default(),
            taints: spec.and_then(|spec| spec.taints.clone()).unwrap_or_default(),
            unschedulable: spec.and_then(|spec| spec.unschedulable).unwrap_or(false),
            allocatable: Resources::from_quantities(&quantities(allocatable)),
            images: images(node),
        }
    }
}

fn images(node: &Node) -> BTreeMap<String, i64> {
    let images = node.status.iter().flat_map(|status| status.images.iter().flatten());
    let named = |image: &ContainerImage| {
        let size = image.size_bytes.unwrap_or(0);
        image.names.iter().flatten().map(|name| (name.clone(), size)).collect::<Vec<_>>()
    };
    images.flat_map(named).collect()
}

/// A node with the pods on it, those that are about to be bound included. A copy of it shares the pods.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeInfo {
    name: String,
    pub offer: Offer,
    pods: Vec<Arc<PodInfo>>,
    requested: Resources,
    scored: Resources,
    ports: Vec<HostPort>,
}

impl NodeInfo {
    /// A node without pods.
    #[must_use]
    pub fn new(node: &Node) -> Self {
        let name = node.metadata.name.clone().unwrap_or_default();
        Self { name, offer: Offer::of(node), ..Self::default() }
    }

    /// A node with these pods.
    #[must_use]
    pub fn with_pods<'a>(node: &Node, pods: impl IntoIterator<Item = &'a Pod>) -> Self {
        let mut info = Self::new(node);
        pods.into_iter().for_each(|pod| info.add(Arc::new(PodInfo::placed(pod))));
        info
    }

    /// Puts a pod on the node.
    pub fn add(&mut self, pod: Arc<PodInfo>) {
        self.requested.add(&pod.demand.requested);
        self.scored.add(&pod.demand.scored);
        self.ports.extend(pod.demand.ports.iter().cloned());
        self.pods.push(pod);
    }

    /// Takes the pod of this uid off the node, if it is there.
    pub fn remove(&mut self, uid: &str) -> Option<Arc<PodInfo>> {
        let position = self.pods.iter().position(|pod| pod.uid() == uid)?;
        let pod = self.pods.swap_remove(position);
        self.requested.subtract(&pod.demand.requested);
        self.scored.subtract(&pod.demand.scored);
        for port in &pod.demand.ports {
            if let Some(position) = self.ports.iter().position(|own| own == port) {
                self.ports.swap_remove(position);
            }
        }
        Some(pod)
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn pods(&self) -> &[Arc<PodInfo>] {
        &self.pods
    }

    /// What the pods request together.
    #[must_use]
    pub fn requested(&self) -> &Resources {
        &self.requested
    }

    /// The same for scoring (see [`Demand::scored`](crate::Demand::scored)).
    #[must_use]
    pub fn scored(&self) -> &Resources {
        &self.scored
    }

    /// The host ports that the pods hold.
    #[must_use]
    pub fn ports(&self) -> &[HostPort] {
        &self.ports
    }

    /// What selectors look at.
    #[must_use]
    pub fn identity(&self) -> NodeIdentity<'_> {
        NodeIdentity { name: &self.name, labels: &self.offer.labels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(uid: &str) -> Arc<PodInfo> {
        let container = json!({ "name": "c", "resources": { "requests": { "cpu": "1" } },
            "ports": [{ "containerPort": 80, "hostPort": 80 }] });
        let pod = json!({ "metadata": { "uid": uid }, "spec": { "containers": [container] } });
        Arc::new(PodInfo::new(Arc::new(serde_json::from_value(pod).unwrap())))
    }

    #[test]
    fn a_node_counts_the_pods_that_are_on_it() {
        let mut node = NodeInfo::new(&Node::default());
        node.add(pod("1"));
        node.add(pod("2"));
        assert_eq!((node.pods().len(), node.requested().get("cpu"), node.ports().len()), (2, 2000, 2));
        assert_eq!(node.remove("1"), Some(pod("1")));
        assert_eq!(node.remove("1"), None);
        assert_eq!((node.pods().len(), node.requested().get("cpu"), node.ports().len()), (1, 1000, 1));
    }
}
