//! What the scheduler knows of a node: what it offers, and what the pods on it take.

use crate::{
    affinity::NodeIdentity,
    ports::{self, HostPort},
    resources::{self, Resources},
};
use k8s_openapi::api::core::v1::{Node, Pod, Taint};
use std::collections::BTreeMap;

/// What a pod takes from the node it runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Demand {
    pub(crate) requested: Resources,
    pub(crate) scored: Resources,
    pub(crate) ports: Vec<HostPort>,
}

impl Demand {
    pub(crate) fn of(pod: &Pod) -> Self {
        Self { requested: resources::requested(pod), scored: resources::scored(pod), ports: ports::host_ports(pod) }
    }
}

/// What a node offers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Offer {
    labels: BTreeMap<String, String>,
    pub(crate) taints: Vec<Taint>,
    pub(crate) unschedulable: bool,
    pub(crate) allocatable: Resources,
}

impl Offer {
    pub(crate) fn of(node: &Node) -> Self {
        let spec = node.spec.as_ref();
        Self {
            labels: node.metadata.labels.clone().unwrap_or_default(),
            taints: spec.and_then(|spec| spec.taints.clone()).unwrap_or_default(),
            unschedulable: spec.and_then(|spec| spec.unschedulable).unwrap_or(false),
            allocatable: Resources::from_quantities(
                node.status.as_ref().and_then(|status| status.allocatable.as_ref()),
            ),
        }
    }
}

/// A node with the pods on it, those that are about to be bound included.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeInfo {
    pub(crate) name: String,
    pub(crate) offer: Offer,
    pub(crate) pods: i64,
    pub(crate) requested: Resources,
    pub(crate) scored: Resources,
    pub(crate) ports: Vec<HostPort>,
}

impl NodeInfo {
    /// A node without pods.
    #[must_use]
    pub fn new(node: &Node) -> Self {
        let name = node.metadata.name.clone().unwrap_or_default();
        Self { name, offer: Offer::of(node), ..Self::default() }
    }

    /// Counts a pod as being on the node.
    pub fn add_pod(&mut self, pod: &Pod) {
        self.add(&Demand::of(pod));
    }

    pub(crate) fn add(&mut self, demand: &Demand) {
        self.pods += 1;
        self.requested.add(&demand.requested);
        self.scored.add(&demand.scored);
        self.ports.extend(demand.ports.iter().cloned());
    }

    pub(crate) fn remove(&mut self, demand: &Demand) {
        self.pods -= 1;
        self.requested.subtract(&demand.requested);
        self.scored.subtract(&demand.scored);
        for port in &demand.ports {
            if let Some(position) = self.ports.iter().position(|own| own == port) {
                self.ports.swap_remove(position);
            }
        }
    }

    pub(crate) fn identity(&self) -> NodeIdentity<'_> {
        NodeIdentity { name: &self.name, labels: &self.offer.labels }
    }
}
