//! What a pod asks for and may use at most, all its containers together (`k8s.io/component-helpers/resource`).

mod resize;

use super::containers::is_sidecar;
use k8s_openapi::{
    api::core::v1::{Container, PodSpec, ResourceRequirements},
    apimachinery::pkg::api::resource::Quantity as RawQuantity,
};
use machinery::quantity::Quantity;
pub use resize::effective_requests;
use std::collections::BTreeMap;

/// Quantities by the name of their resource, as the API writes them.
pub type ResourceList = BTreeMap<String, RawQuantity>;
/// Quantities by the name of their resource.
pub type Quantities = BTreeMap<String, Quantity>;
type Part = fn(&ResourceRequirements) -> Option<&ResourceList>;

const REQUESTS: Part = |resources| resources.requests.as_ref();
const LIMITS: Part = |resources| resources.limits.as_ref();

/// The quantities of a list. What is none, which the API server does not let pass, is left out.
#[must_use]
pub fn quantities(list: Option<&ResourceList>) -> Quantities {
    let parsed = |(name, raw): (&String, &RawQuantity)| Some((name.clone(), raw.0.parse().ok()?));
    list.into_iter().flatten().filter_map(parsed).collect()
}

/// The containers' requests together (`AggregateContainerRequests`).
#[must_use]
pub fn aggregate_requests(spec: &PodSpec) -> Quantities {
    needed_at_once(spec, |container| of_container(container, REQUESTS))
}

/// The containers' limits together (`AggregateContainerLimits`).
#[must_use]
pub fn aggregate_limits(spec: &PodSpec) -> Quantities {
    needed_at_once(spec, |container| of_container(container, LIMITS))
}

/// What a pod of this specification requests, its overhead included (`PodRequests`).
#[must_use]
pub fn requests(spec: &PodSpec) -> Quantities {
    let mut requests = of_whole_pod(aggregate_requests(spec), spec, REQUESTS);
    add(&mut requests, &quantities(spec.overhead.as_ref()));
    requests
}

/// What a pod of this specification may use at most. Overhead comes on top of what is limited (`PodLimits`).
#[must_use]
pub fn limits(spec: &PodSpec) -> Quantities {
    let mut limits = of_whole_pod(aggregate_limits(spec), spec, LIMITS);
    for (name, overhead) in quantities(spec.overhead.as_ref()) {
        if let Some(limit) = limits.get_mut(&name).filter(|limit| !limit.is_zero()) {
            *limit += overhead;
        }
    }
    limits
}

fn of_container(container: &Container, part: Part) -> Quantities {
    quantities(container.resources.as_ref().and_then(part))
}

/// Resources of the pod as a whole (KEP-2837) take the place of the containers'.
fn of_whole_pod(mut of_containers: Quantities, spec: &PodSpec, part: Part) -> Quantities {
    let is_shared = |name: &str| matches!(name, "cpu" | "memory") || name.starts_with("hugepages-");
    let of_pod = quantities(spec.resources.as_ref().and_then(part));
    of_containers.extend(of_pod.into_iter().filter(|(name, _)| is_shared(name)));
    of_containers
}

/// Containers and sidecars run side by side; before them init containers, one by one, beside the sidecars started so
/// far (KEP-753): whichever is more.
fn needed_at_once(spec: &PodSpec, of: impl Fn(&Container) -> Quantities) -> Quantities {
    let (mut sidecars, mut peak) = (Quantities::new(), Quantities::new());
    for container in spec.init_containers.iter().flatten() {
        let mut running = sidecars.clone();
        add(&mut running, &of(container));
        if is_sidecar(container) {
            sidecars.clone_from(&running);
        }
        raise(&mut peak, &running);
    }
    let mut total = sidecars;
    spec.containers.iter().for_each(|container| add(&mut total, &of(container)));
    raise(&mut total, &peak);
    total
}

fn add(total: &mut Quantities, more: &Quantities) {
    for (name, quantity) in more {
        *total.entry(name.clone()).or_default() += *quantity;
    }
}

fn raise(total: &mut Quantities, other: &Quantities) {
    for (name, quantity) in other {
        let current = total.entry(name.clone()).or_insert(*quantity);
        *current = (*current).max(*quantity);
    }
}

#[cfg(test)]
mod tests;
