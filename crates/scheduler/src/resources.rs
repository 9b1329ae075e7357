//! Amounts of resources, and how much of them a pod requests.

use k8s_openapi::{
    api::core::v1::{Container, Pod},
    apimachinery::pkg::api::resource::Quantity,
};
use std::collections::BTreeMap;

/// What a container without requests counts for when nodes are scored, so that such pods do not pile up on one node
/// (`DefaultMilliCPURequest` and `DefaultMemoryRequest` of kube-scheduler).
const SCORED_MILLI_CPU: i64 = 100;
const SCORED_MEMORY_BYTES: i64 = 200 << 20;

pub(crate) type Requests = BTreeMap<String, Quantity>;

/// Amounts by name: `cpu` in thousandths of a CPU, everything else in whole units (bytes, pieces).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resources(BTreeMap<String, i64>);

impl Resources {
    /// Kubernetes rounds fractions up. A quantity that cannot be understood, which the API server does not let pass,
    /// counts as nothing.
    pub(crate) fn from_quantities(quantities: Option<&Requests>) -> Self {
        let amount = |(name, quantity): (&String, &Quantity)| {
            let quantity: api::quantity::Quantity = quantity.0.parse().ok()?;
            Some((name.clone(), if name == "cpu" { quantity.milli_value() } else { quantity.value() }))
        };
        Self(quantities.into_iter().flatten().filter_map(amount).collect())
    }

    pub(crate) fn get(&self, name: &str) -> i64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// Names and amounts, in the order in which kube-scheduler looks at them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, i64)> {
        const FIRST: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
        let first = FIRST.into_iter().filter_map(|name| Some((name, *self.0.get(name)?)));
        let others = self.0.iter().filter(|(name, _)| !FIRST.contains(&name.as_str()));
        first.chain(others.map(|(name, amount)| (name.as_str(), *amount)))
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.combine(other, i64::saturating_add);
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        self.combine(other, i64::saturating_sub);
    }

    fn raise_to(&mut self, other: &Self) {
        self.combine(other, i64::max);
    }

    fn combine(&mut self, other: &Self, operation: impl Fn(i64, i64) -> i64) {
        for (name, amount) in &other.0 {
            let own = self.0.entry(name.clone()).or_default();
            *own = operation(*own, *amount);
        }
    }
}

/// What a pod requests at most at any time (`PodRequests` in k8s.io/component-helpers/resource): all containers and
/// sidecars together, or an init container with the sidecars started before it; and the overhead of the pod itself.
pub(crate) fn requested(pod: &Pod) -> Resources {
    aggregate(pod, |container| {
        Resources::from_quantities(container.resources.as_ref().and_then(|r| r.requests.as_ref()))
    })
}

/// CPU and memory as [`requested`], for scoring: containers that request nothing count for a little.
pub(crate) fn scored(pod: &Pod) -> Resources {
    aggregate(pod, |container| {
        let requests = container.resources.as_ref().and_then(|resources| resources.requests.as_ref());
        let explicit = Resources::from_quantities(requests);
        let or_default = |name: &str, default| (name.to_owned(), explicit.0.get(name).copied().unwrap_or(default));
        Resources([or_default("cpu", SCORED_MILLI_CPU), or_default("memory", SCORED_MEMORY_BYTES)].into())
    })
}

fn aggregate(pod: &Pod, requests: impl Fn(&Container) -> Resources) -> Resources {
    let Some(spec) = &pod.spec else { return Resources::default() };
    let mut running = Resources::default();
    for container in &spec.containers {
        running.add(&requests(container));
    }
    let mut sidecars = Resources::default();
    let mut initializing = Resources::default();
    for container in spec.init_containers.iter().flatten() {
        let mut step = requests(container);
        if is_sidecar(container) {
            running.add(&step);
            sidecars.add(&step);
            step = sidecars.clone();
        } else {
            step.add(&sidecars);
        }
        initializing.raise_to(&step);
    }
    running.raise_to(&initializing);
    // Requests of the pod as a whole (KEP-2837) take the place of the containers'.
    let pod_level =
        Resources::from_quantities(spec.resources.as_ref().and_then(|resources| resources.requests.as_ref()));
    running.0.extend(pod_level.0);
    running.add(&Resources::from_quantities(spec.overhead.as_ref()));
    running
}

/// An init container that goes on running beside the others (KEP-753).
pub(crate) fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn pod(spec: &Value) -> Pod {
        serde_json::from_value(json!({ "spec": spec })).unwrap()
    }

    fn container(cpu: &str, memory: &str) -> Value {
        json!({ "name": "c", "resources": { "requests": { "cpu": cpu, "memory": memory } } })
    }

    fn sidecar(cpu: &str, memory: &str) -> Value {
        let mut container = container(cpu, memory);
        container["restartPolicy"] = "Always".into();
        container
    }

    #[test]
    fn a_pod_requests_what_it_needs_at_its_greediest_moment() {
        let cases = [
            (
                "containers run side by side",
                json!({ "containers": [container("1", "1k"), container("500m", "2k")] }),
                1500,
                3000,
            ),
            (
                "init containers run one after the other, before the containers",
                json!({ "initContainers": [container("2", "1k"), container("1", "5k")], "containers": [container("1", "1k")] }),
                2000,
                5000,
            ),
            (
                "sidecars run beside the containers",
                json!({ "initContainers": [sidecar("1", "1k")], "containers": [container("1", "1k")] }),
                2000,
                2000,
            ),
            (
                "and beside the init containers after them, not those before",
                json!({
                    "initContainers": [container("3", "1k"), sidecar("1", "1k"), container("3", "1k")],
                    "containers": [container("1", "1k")],
                }),
                4000,
                2000,
            ),
            (
                "overhead comes on top",
                json!({ "containers": [container("1", "1k")], "overhead": { "cpu": "250m", "memory": "1k" } }),
                1250,
                2000,
            ),
            (
                "the pod's own requests replace the sum",
                json!({ "containers": [container("1", "1k")], "resources": { "requests": { "cpu": "3" } } }),
                3000,
                1000,
            ),
            ("fractions are rounded up", json!({ "containers": [container("1.0001", "1500m")] }), 1001, 2),
        ];
        for (name, spec, cpu, memory) in cases {
            let requested = requested(&pod(&spec));
            assert_eq!((requested.get("cpu"), requested.get("memory")), (cpu, memory), "{name}");
        }
    }

    #[test]
    fn containers_without_requests_count_a_little_in_scores() {
        let scored = scored(&pod(&json!({ "containers": [{ "name": "a" }, container("0", "1k")] })));
        assert_eq!((scored.get("cpu"), scored.get("memory")), (100, SCORED_MEMORY_BYTES + 1000));
    }
}
