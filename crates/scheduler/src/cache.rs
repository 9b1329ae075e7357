//! The cluster as the scheduler believes it to be: nodes, and pods on them, some of them only about to be bound.

use crate::{
    framework::storage::Storage,
    framework::{Reservation, Snapshot},
};
use k8s_openapi::api::core::v1::Node;
use placement::{NodeInfo, Offer, PodInfo};
use std::{collections::HashMap, sync::Arc};

#[derive(Default)]
pub(crate) struct Cache {
    cluster: Snapshot,
    /// By the pod's uid. The node need not be known (yet, or any more).
    placed: HashMap<String, Placement>,
}

/// A pod on a node.
#[derive(Debug, PartialEq)]
pub(crate) struct Placement {
    pub(crate) node: String,
    pub(crate) pod: Arc<PodInfo>,
}

/// What is new about a node that was listed or changed.
#[derive(Debug, PartialEq)]
pub(crate) enum NodeNews {
    Nothing,
    Added,
    /// It offered this before.
    Changed(Offer),
}

impl Cache {
    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.cluster
    }

    pub(crate) fn storage_mut(&mut self) -> &mut Storage {
        &mut self.cluster.storage
    }

    /// Puts a pod on the node that has been chosen for it. Until it is bound there, it takes what is reserved for it.
    pub(crate) fn assume(&mut self, node: &str, pod: Arc<PodInfo>, reservation: Reservation) {
        let uid = pod.uid().to_owned();
        self.place(node, pod);
        self.cluster.storage.reserve(&uid, node, reservation);
    }

    /// Puts a pod on a node, from wherever it was. Returns what it was before, if it has changed.
    pub(crate) fn place(&mut self, node: &str, pod: Arc<PodInfo>) -> Option<Placement> {
        let is_same = |placement: &Placement| placement.node == node && placement.pod.demand == pod.demand;
        let unchanged = self.placed.get(pod.uid()).is_some_and(is_same);
        let freed = self.remove(pod.uid());
        let uid = pod.uid().to_owned();
        if let Some(info) = self.cluster.nodes.get_mut(node) {
            info.add(pod.clone());
        }
        self.placed.insert(uid, Placement { node: node.to_owned(), pod });
        freed.filter(|_| !unchanged)
    }

    /// Takes a pod away, with all that was reserved for it. Returns where it was.
    pub(crate) fn remove(&mut self, uid: &str) -> Option<Placement> {
        self.cluster.storage.unreserve(uid);
        let placement = self.placed.remove(uid)?;
        if let Some(info) = self.cluster.nodes.get_mut(&placement.node) {
            info.remove(uid);
        }
        Some(placement)
    }

    /// Notes what a node offers.
    pub(crate) fn set_node(&mut self, node: &Node) -> NodeNews {
        let mut new = NodeInfo::new(node);
        let name = new.name().to_owned();
        if let Some(known) = self.cluster.nodes.get_mut(&name) {
            let before = std::mem::replace(&mut known.offer, new.offer);
            return if before == known.offer { NodeNews::Nothing } else { NodeNews::Changed(before) };
        }
        for placement in self.placed.values().filter(|placement| placement.node == name) {
            new.add(placement.pod.clone());
        }
        self.cluster.nodes.insert(name, new);
        NodeNews::Added
    }

    pub(crate) fn remove_node(&mut self, name: &str) {
        self.cluster.nodes.remove(name);
    }

    /// The uids of all pods on nodes.
    pub(crate) fn placed(&self) -> impl Iterator<Item = &String> {
        self.placed.keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::Pod;
    use serde_json::json;

    fn node(cpu: &str) -> Node {
        let status = json!({ "allocatable": { "cpu": cpu, "pods": "10" } });
        serde_json::from_value(json!({ "metadata": { "name": "n" }, "status": status })).unwrap()
    }

    fn pod(cpu: &str) -> Arc<PodInfo> {
        let container = json!({ "name": "c", "resources": { "requests": { "cpu": cpu } },
            "ports": [{ "containerPort": 80, "hostPort": 80 }] });
        let pod = json!({ "metadata": { "uid": "1" }, "spec": { "containers": [container] } });
        Arc::new(PodInfo::placed(&serde_json::from_value::<Pod>(pod).unwrap()))
    }

    fn on_n(cpu: &str) -> Placement {
        Placement { node: "n".into(), pod: pod(cpu) }
    }

    fn used(cache: &Cache) -> Option<(usize, i64, usize)> {
        cache.snapshot().nodes.get("n").map(|node| (node.pods().len(), node.requested().get("cpu"), node.ports().len()))
    }

    #[test]
    fn a_pod_counts_once_wherever_its_news_comes_from() {
        let mut cache = Cache::default();
        assert_eq!(cache.set_node(&node("4")), NodeNews::Added);
        assert_eq!(cache.place("n", pod("1")), None, "assumed");
        assert_eq!(cache.place("n", pod("1")), None, "confirmed");
        assert_eq!(used(&cache), Some((1, 1000, 1)));
        assert_eq!(cache.place("n", pod("2")), Some(on_n("1")), "resized");
        assert_eq!(used(&cache), Some((1, 2000, 1)));
        assert_eq!(cache.remove("1"), Some(on_n("2")));
        assert_eq!(cache.remove("1"), None);
        assert_eq!(used(&cache), Some((0, 0, 0)));
    }

    #[test]
    fn pods_may_be_known_before_their_node() {
        let mut cache = Cache::default();
        cache.place("n", pod("1"));
        assert_eq!(used(&cache), None);
        cache.set_node(&node("4"));
        assert_eq!(used(&cache), Some((1, 1000, 1)));
        cache.remove_node("n");
        cache.set_node(&node("4"));
        assert_eq!(used(&cache), Some((1, 1000, 1)));
    }

    #[test]
    fn only_news_about_a_node_is_news() {
        let mut cache = Cache::default();
        assert_eq!(cache.set_node(&node("4")), NodeNews::Added);
        assert_eq!(cache.set_node(&node("4")), NodeNews::Nothing);
        assert_eq!(cache.set_node(&node("8")), NodeNews::Changed(Offer::of(&node("4"))));
    }
}
