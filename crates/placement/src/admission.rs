//! What a node checks once more about a pod that has come to it, by the scheduler or not (`AdmissionCheck` in
//! `pkg/scheduler/eventhandlers.go`, `generalFilter` in `pkg/kubelet/lifecycle/predicate.go`).

use crate::{
    fit::{self, Insufficient},
    node_affinity,
    node_info::NodeInfo,
    node_name,
    pod_info::Demand,
    ports, taints,
};
use k8s_openapi::api::core::v1::Pod;

/// Why a pod cannot stay on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// Its label `kubernetes.io/os` names another operating system.
    OperatingSystemLabel,
    /// Its `spec.os` names another operating system.
    OperatingSystem,
    Insufficient(Insufficient),
    /// A filter of the scheduler, by its name, with its reason.
    Filter {
        name: &'static str,
        reason: &'static str,
    },
}

const OS_LABEL: &str = "kubernetes.io/os";
const OS: &str = "linux";

/// The first thing that keeps the pod off the node.
#[must_use]
pub fn admission_check(pod: &Pod, node: &NodeInfo) -> Option<Misfit> {
    operating_system(pod).or_else(|| general_filter(pod, node))
}

fn operating_system(pod: &Pod) -> Option<Misfit> {
    let label = pod.metadata.labels.as_ref().and_then(|labels| labels.get(OS_LABEL));
    if label.is_some_and(|os| os != OS) {
        return Some(Misfit::OperatingSystemLabel);
    }
    let os = pod.spec.as_ref().and_then(|spec| spec.os.as_ref());
    os.is_some_and(|os| os.name != OS).then_some(Misfit::OperatingSystem)
}

fn general_filter(pod: &Pod, node: &NodeInfo) -> Option<Misfit> {
    let demand = Demand::of(pod);
    // Extended resources that no node knows are somebody else's to give (`removeMissingExtendedResources`).
    let is_counted =
        |lacking: &Insufficient| !is_extended(&lacking.resource) || node.offer.allocatable.contains(&lacking.resource);
    if let Some(lacking) = fit::insufficient(&demand, node).into_iter().find(is_counted) {
        return Some(Misfit::Insufficient(lacking));
    }
    let filter = |name, reason| Some(Misfit::Filter { name, reason });
    if !node_affinity::allows(pod, node.identity()) {
        return filter("NodeAffinity", node_affinity::MISMATCH);
    }
    if !node_name::allows(pod, node.name()) {
        return filter("NodeName", node_name::MISMATCH);
    }
    if ports::conflict(&demand.ports, node.ports()) {
        return filter("NodePorts", ports::CONFLICT);
    }
    // Other taints keep pods from being scheduled, not from running.
    let mut evicting = node.offer.taints.iter().filter(|taint| taint.effect == "NoExecute");
    if evicting.any(|taint| !taints::tolerates(pod, taint)) {
        return filter("TaintToleration", "node(s) had taints that the pod didn't tolerate");
    }
    None
}

/// Whether a resource is none of Kubernetes' own (`IsExtendedResourceName`).
fn is_extended(resource: &str) -> bool {
    resource.contains('/') && !resource.contains("kubernetes.io/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_info::PodInfo;
    use k8s_openapi::api::core::v1::Node;
    use serde_json::{Value, json};
    use std::sync::Arc;

    fn pod(spec: &Value, requests: &Value) -> Pod {
        let mut spec = spec.clone();
        let ports = json!([{ "containerPort": 80, "hostPort": 80 }]);
        spec["containers"] = json!([{ "name": "c", "resources": { "requests": requests }, "ports": ports }]);
        serde_json::from_value(json!({ "spec": spec })).unwrap()
    }

    fn info(taints: &Value, pods: &str) -> NodeInfo {
        let node: Node = serde_json::from_value(json!({
            "metadata": { "name": "one", "labels": { "disk": "ssd" } },
            "spec": { "taints": taints },
            "status": { "allocatable": { "cpu": "2", "memory": "1k", "pods": pods, "example.com/gpu": "1" } },
        }))
        .unwrap();
        NodeInfo::new(&node)
    }

    #[test]
    fn the_first_misfit_is_told() {
        let lacks = |resource: &str, requested, used, capacity| {
            Some(Misfit::Insufficient(Insufficient { resource: resource.into(), requested, used, capacity }))
        };
        let filter = |name, reason| Some(Misfit::Filter { name, reason });
        let taint = |effect: &str| json!([{ "key": "gone", "effect": effect }]);
        let tolerant = json!({ "tolerations": [{ "key": "gone", "operator": "Exists" }] });
        let untolerated = filter("TaintToleration", "node(s) had taints that the pod didn't tolerate");
        let unmatched = filter("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
        let (any, small) = (json!({}), json!({ "cpu": "1" }));
        for (spec, requests, taints, expected) in [
            (&any, small.clone(), json!([]), None),
            (&any, json!({ "cpu": "1500m", "memory": "2k" }), json!([]), lacks("cpu", 1500, 1000, 2000)),
            (&any, json!({ "memory": "2k" }), json!([]), lacks("memory", 2000, 0, 1000)),
            (&any, json!({ "example.com/gpu": "2" }), json!([]), lacks("example.com/gpu", 2, 0, 1)),
            (&any, json!({ "example.com/fpga": "1" }), json!([]), None),
            (&json!({ "nodeSelector": { "disk": "hdd" } }), small.clone(), json!([]), unmatched.clone()),
            (&json!({ "nodeSelector": { "disk": "ssd" } }), small.clone(), json!([]), None),
            (&json!({ "nodeName": "one" }), small.clone(), json!([]), None),
            (&json!({ "nodeName": "two" }), small.clone(), json!([]), filter("NodeName", node_name::MISMATCH)),
            (&any, small.clone(), taint("NoExecute"), untolerated),
            (&any, small.clone(), taint("NoSchedule"), None),
            (&tolerant, small.clone(), taint("NoExecute"), None),
        ] {
            let mut info = info(&taints, "2");
            let mut other = pod(&any, &small);
            other.spec.as_mut().unwrap().containers[0].ports = None;
            info.add(Arc::new(PodInfo::placed(&other)));
            assert_eq!(admission_check(&pod(spec, &requests), &info), expected, "{spec} {requests} {taints}");
        }
    }

    #[test]
    fn the_number_of_pods_and_their_ports_are_limited() {
        let small = pod(&json!({}), &json!({}));
        let mut info = info(&json!([]), "2");
        info.add(Arc::new(PodInfo::placed(&small)));
        let taken =
            Misfit::Filter { name: "NodePorts", reason: "node(s) didn't have free ports for the requested pod ports" };
        assert_eq!(admission_check(&small, &info), Some(taken));
        info.add(Arc::new(PodInfo::placed(&small)));
        let full = Insufficient { resource: "pods".into(), requested: 1, used: 2, capacity: 2 };
        assert_eq!(admission_check(&small, &info), Some(Misfit::Insufficient(full)));
    }
}
