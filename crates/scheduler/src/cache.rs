//! The cluster as the scheduler believes it to be: nodes, and pods on them, some of them only about to be bound.

use crate::schedule::Snapshot;
use k8s_openapi::api::core::v1::Node;
use placement::{NodeInfo, PodInfo};
use std::{collections::HashMap, sync::Arc};

#[derive(Default)]
pub(crate) struct Cache {
    nodes: Snapshot,
    /// By the pod's uid. The node need not be known (yet, or any more).
    placed: HashMap<String, Placement>,
}

struct Placement {
    node: String,
    pod: Arc<PodInfo>,
}

impl Cache {
    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.nodes
    }

    /// Puts a pod on a node, from wherever it was. Returns the node that has got more room by it.
    pub(crate) fn place(&mut self, node: &str, pod: PodInfo) -> Option<String> {
        let is_same = |placement: &Placement| placement.node == node && placement.pod.demand == pod.demand;
        let unchanged = self.placed.get(pod.uid()).is_some_and(is_same);
        let freed = self.remove(pod.uid());
        let (uid, pod) = (pod.uid().to_owned(), Arc::new(pod));
        if let Some(info) = self.nodes.get_mut(node) {
            info.add(pod.clone());
        }
        self.placed.insert(uid, Placement { node: node.to_owned(), pod });
        freed.filter(|_| !unchanged)
    }

    /// Takes a pod away. Returns the node it was on.
    pub(crate) fn remove(&mut self, uid: &str) -> Option<String> {
        let Placement { node, .. } = self.placed.remove(uid)?;
        if let Some(info) = self.nodes.get_mut(&node) {
            info.remove(uid);
        }
        Some(node)
    }

    /// Notes what a node offers; says whether that is news.
    pub(crate) fn set_node(&mut self, node: &Node) -> bool {
        let mut new = NodeInfo::new(node);
        let name = new.name().to_owned();
        if let Some(known) = self.nodes.get_mut(&name) {
            let changed = known.offer != new.offer;
            known.offer = new.offer;
            return changed;
        }
        for placement in self.placed.values().filter(|placement| placement.node == name) {
            new.add(placement.pod.clone());
        }
        self.nodes.insert(name, new);
        true
    }

    pub(crate) fn remove_node(&mut self, name: &str) {
        self.nodes.remove(name);
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

    fn pod(cpu: &str) -> PodInfo {
        let container = json!({ "name": "c", "resources": { "requests": { "cpu": cpu } },
            "ports": [{ "containerPort": 80, "hostPort": 80 }] });
        let pod = json!({ "metadata": { "uid": "1" }, "spec": { "containers": [container] } });
        PodInfo::placed(&serde_json::from_value::<Pod>(pod).unwrap())
    }

    fn used(cache: &Cache) -> Option<(usize, i64, usize)> {
        cache.snapshot().get("n").map(|node| (node.pods().len(), node.requested().get("cpu"), node.ports().len()))
    }

    #[test]
    fn a_pod_counts_once_wherever_its_news_comes_from() {
        let mut cache = Cache::default();
        assert!(cache.set_node(&node("4")));
        assert_eq!(cache.place("n", pod("1")), None, "assumed");
        assert_eq!(cache.place("n", pod("1")), None, "confirmed");
        assert_eq!(used(&cache), Some((1, 1000, 1)));
        assert_eq!(cache.place("n", pod("2")), Some("n".into()), "resized");
        assert_eq!(used(&cache), Some((1, 2000, 1)));
        assert_eq!(cache.remove("1"), Some("n".into()));
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
        assert!(cache.set_node(&node("4")));
        assert!(!cache.set_node(&node("4")));
        assert!(cache.set_node(&node("8")));
    }
}
