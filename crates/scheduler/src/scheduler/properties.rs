//! Whatever happens in whatever order: no node is given more than it has, and no pod waits that would fit.

use super::*;
use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};
use proptest::prelude::*;
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};

#[derive(Clone, Debug)]
enum Happening {
    PodCreated {
        cpu: u8,
    },
    PodDeleted(prop::sample::Index),
    /// A finalizer keeps it.
    DeletionRequested(prop::sample::Index),
    BindingConfirmed(prop::sample::Index),
    BindingFailed(prop::sample::Index),
    NodeApplied {
        node: u8,
        cpu: u8,
        tainted: bool,
    },
    NodeDeleted {
        node: u8,
    },
    PodsListedAgain,
}

fn happening() -> impl Strategy<Value = Happening> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        6 => (1..4u8).prop_map(|cpu| Happening::PodCreated { cpu }),
        2 => index().prop_map(Happening::PodDeleted),
        1 => index().prop_map(Happening::DeletionRequested),
        2 => index().prop_map(Happening::BindingConfirmed),
        1 => index().prop_map(Happening::BindingFailed),
        3 => (0..3u8, 1..8u8, prop::bool::weighted(0.2))
            .prop_map(|(node, cpu, tainted)| Happening::NodeApplied { node, cpu, tainted }),
        1 => (0..3u8).prop_map(|node| Happening::NodeDeleted { node }),
        1 => Just(Happening::PodsListedAgain),
    ]
}

/// The cluster as it is, beside what the scheduler believes.
struct Cluster {
    scheduler: Scheduler,
    now: Instant,
    /// CPUs of the nodes that take pods; tainted ones have none to give.
    nodes: BTreeMap<String, u8>,
    pods: BTreeMap<String, ClusterPod>,
    created: u32,
}

struct ClusterPod {
    cpu: u8,
    node: Option<String>,
    confirmed: bool,
    terminating: bool,
}

impl Cluster {
    fn new() -> Self {
        let (scheduler, now) = (Scheduler::new(crate::DEFAULT_NAME), Instant::now());
        Self { scheduler, now, nodes: BTreeMap::new(), pods: BTreeMap::new(), created: 0 }
    }

    fn happen(&mut self, happening: &Happening) {
        match happening {
            Happening::PodCreated { cpu } => {
                self.created += 1;
                let uid = format!("p{}", self.created);
                self.scheduler.pod_applied(pod(&uid, *cpu, None), self.now);
                self.pods.insert(uid, ClusterPod { cpu: *cpu, node: None, confirmed: false, terminating: false });
            }
            Happening::PodDeleted(index) => {
                if let Some(uid) = self.choose(*index, |_| true) {
                    self.pods.remove(&uid);
                    self.scheduler.pod_gone(&uid, self.now);
                }
            }
            Happening::DeletionRequested(index) => {
                if let Some(uid) = self.choose(*index, |pod| !pod.confirmed && !pod.terminating) {
                    let chosen = self.pods.get_mut(&uid).unwrap();
                    chosen.terminating = true;
                    let mut deleted = pod(&uid, chosen.cpu, None);
                    deleted.metadata.deletion_timestamp = Some(Time(Timestamp::UNIX_EPOCH));
                    self.scheduler.pod_applied(deleted, self.now);
                    // The server binds it no more.
                    if chosen.node.take().is_some() {
                        self.scheduler.binding_failed(&uid, self.now);
                    }
                }
            }
            Happening::BindingConfirmed(index) => {
                if let Some(uid) = self.choose(*index, |pod| pod.node.is_some() && !pod.confirmed) {
                    let chosen = self.pods.get_mut(&uid).unwrap();
                    chosen.confirmed = true;
                    self.scheduler.pod_applied(pod(&uid, chosen.cpu, chosen.node.as_deref()), self.now);
                }
            }
            Happening::BindingFailed(index) => {
                if let Some(uid) = self.choose(*index, |pod| pod.node.is_some() && !pod.confirmed) {
                    self.pods.get_mut(&uid).unwrap().node = None;
                    self.scheduler.binding_failed(&uid, self.now);
                }
            }
            Happening::NodeApplied { node, cpu, tainted } => {
                let name = format!("n{node}");
                self.scheduler.node_applied(&self::node(&name, *cpu, *tainted), self.now);
                self.nodes.insert(name, if *tainted { 0 } else { *cpu });
            }
            Happening::NodeDeleted { node } => {
                let name = format!("n{node}");
                self.scheduler.node_gone(&name);
                self.nodes.remove(&name);
            }
            Happening::PodsListedAgain => self.scheduler.keep_pods(&self.pods.keys().cloned().collect(), self.now),
        }
    }

    fn choose(&self, index: prop::sample::Index, wanted: impl Fn(&ClusterPod) -> bool) -> Option<String> {
        let uids: Vec<_> = self.pods.iter().filter(|(_, pod)| wanted(pod)).map(|(uid, _)| uid).collect();
        if uids.is_empty() { None } else { Some((*index.get(&uids)).clone()) }
    }

    fn left_on(&self, node: &str) -> i32 {
        let taken = self.pods.values().filter(|pod| pod.node.as_deref() == Some(node)).map(|pod| i32::from(pod.cpu));
        self.nodes.get(node).map_or(0, |cpu| i32::from(*cpu)) - taken.sum::<i32>()
    }

    fn decide(&mut self) {
        while let Some(decision) = self.scheduler.next(self.now, &mut |count| count - 1) {
            if let Decision::Bind { pod, node } = decision {
                let uid = pod.metadata.uid.clone().unwrap();
                let left = self.left_on(&node);
                let bound = self.pods.get_mut(&uid).expect("only pods that exist are bound");
                assert_eq!(bound.node, None, "{uid} is bound once");
                assert!(i32::from(bound.cpu) <= left, "{uid} does not fit on {node}");
                bound.node = Some(node);
            }
        }
    }

    fn assert_nobody_waits_in_vain(&self) {
        for (uid, pod) in self.pods.iter().filter(|(_, pod)| pod.node.is_none() && !pod.terminating) {
            let fitting = self.nodes.keys().find(|node| i32::from(pod.cpu) <= self.left_on(node));
            assert_eq!(fitting, None, "{uid} waits, and would fit");
        }
    }
}

fn pod(uid: &str, cpu: u8, node: Option<&str>) -> Pod {
    let container = json!({ "name": "c", "resources": { "requests": { "cpu": cpu.to_string() } } });
    let spec = json!({ "containers": [container], "nodeName": node });
    serde_json::from_value(json!({ "metadata": { "name": uid, "uid": uid }, "spec": spec })).unwrap()
}

fn node(name: &str, cpu: u8, tainted: bool) -> Node {
    let taints = if tainted { json!([{ "key": "t", "effect": "NoSchedule" }]) } else { json!([]) };
    let status = json!({ "allocatable": { "cpu": cpu.to_string(), "pods": "110" } });
    serde_json::from_value(json!({ "metadata": { "name": name }, "spec": { "taints": taints }, "status": status }))
        .unwrap()
}

proptest! {
    #[test]
    fn nodes_are_never_overcommitted_and_no_pod_is_forgotten(happenings in prop::collection::vec(happening(), 0..60)) {
        let mut cluster = Cluster::new();
        for happening in happenings {
            cluster.happen(&happening);
            cluster.decide();
            // Longer than any back-off.
            cluster.now += Duration::from_secs(11);
            cluster.decide();
            cluster.assert_nobody_waits_in_vain();
        }
    }
}
