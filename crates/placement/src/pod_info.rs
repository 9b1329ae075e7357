//! What there is to know of a pod when places are given.

use crate::{
    claims::{PodClaim, pod_claims},
    ports::{HostPort, host_ports},
    resources::Resources,
};
use api::pod::resources::{Quantities, effective_requests};
use k8s_openapi::{
    api::core::v1::{Pod, PodSpec},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use machinery::quantity::{Format, Quantity};
use std::sync::Arc;

/// What a container without requests counts for when nodes are scored, so that such pods do not pile up on one node
/// (`DefaultMilliCPURequest` and `DefaultMemoryRequest` of kube-scheduler).
const SCORED_MILLI_CPU: i64 = 100;
const SCORED_MEMORY_BYTES: i64 = 200 << 20;

/// A pod, and what it takes from the node it runs on.
#[derive(Clone, Debug, PartialEq)]
pub struct PodInfo {
    pub pod: Arc<Pod>,
    pub demand: Demand,
}

impl PodInfo {
    /// A pod that looks for a place, whole.
    #[must_use]
    pub fn new(pod: Arc<Pod>) -> Self {
        let demand = Demand::of(&pod);
        Self { pod, demand }
    }

    /// A pod that has a place: of it only that is kept which others that look for one ask for.
    #[must_use]
    pub fn placed(pod: &Pod) -> Self {
        Self { demand: Demand::of(pod), pod: Arc::new(outline(pod)) }
    }

    #[must_use]
    pub fn uid(&self) -> &str {
        self.pod.metadata.uid.as_deref().unwrap_or_default()
    }
}

/// All pods of the cluster are kept like this: what is not looked at costs memory.
fn outline(pod: &Pod) -> Pod {
    let from = &pod.metadata;
    let metadata = ObjectMeta {
        name: from.name.clone(),
        namespace: from.namespace.clone(),
        uid: from.uid.clone(),
        labels: from.labels.clone(),
        deletion_timestamp: from.deletion_timestamp.clone(),
        ..ObjectMeta::default()
    };
    let spec = pod.spec.as_ref().map(|spec| PodSpec {
        node_name: spec.node_name.clone(),
        priority: spec.priority,
        affinity: spec.affinity.clone(),
        ..PodSpec::default()
    });
    Pod { metadata, spec, status: None }
}

/// What a pod takes from the node it runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// What it requests.
    pub requested: Resources,
    /// The same for scoring: containers that request no CPU or memory count for a little.
    pub scored: Resources,
    pub ports: Vec<HostPort>,
    /// Claims of its namespace that its volumes name.
    pub claims: Vec<PodClaim>,
}

impl Demand {
    #[must_use]
    pub fn of(pod: &Pod) -> Self {
        let resources = |missing| Resources::from_quantities(&effective_requests(pod, &missing));
        let (requested, scored) = (resources(Quantities::new()), resources(a_little()));
        Self { requested, scored, ports: host_ports(pod), claims: pod_claims(pod) }
    }
}

fn a_little() -> Quantities {
    let memory = Quantity::new(SCORED_MEMORY_BYTES, Format::BinarySi);
    [("cpu".to_owned(), Quantity::from_milli(SCORED_MILLI_CPU)), ("memory".to_owned(), memory)].into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod() -> Pod {
        let requests = json!({ "requests": { "cpu": "0", "memory": "1k" } });
        serde_json::from_value(json!({
            "metadata": { "name": "p", "uid": "1", "labels": { "app": "shop" }, "managedFields": [{ "manager": "m" }] },
            "spec": {
                "containers": [{ "name": "a" }, { "name": "b", "resources": requests }],
                "priority": 5,
            },
            "status": { "phase": "Running" },
        }))
        .unwrap()
    }

    #[test]
    fn containers_without_requests_count_a_little_in_scores() {
        let demand = Demand::of(&pod());
        assert_eq!((demand.requested.get("cpu"), demand.requested.get("memory")), (0, 1000));
        assert_eq!((demand.scored.get("cpu"), demand.scored.get("memory")), (100, SCORED_MEMORY_BYTES + 1000));
    }

    #[test]
    fn of_a_placed_pod_only_what_others_look_at_is_kept() {
        let info = PodInfo::placed(&pod());
        assert_eq!(info.demand, Demand::of(&pod()));
        assert_eq!(info.uid(), "1");
        let spec = info.pod.spec.as_ref().unwrap();
        assert_eq!((spec.priority, spec.containers.len()), (Some(5), 0));
        assert_eq!(info.pod.metadata.labels, pod().metadata.labels);
        assert_eq!((&info.pod.metadata.managed_fields, &info.pod.status), (&None, &None));
    }
}
