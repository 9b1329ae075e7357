//! What the containers of a pod ask for together (`k8s.io/component-helpers/resource`).

use super::containers::is_sidecar;
use crate::quantity::Quantity;
use k8s_openapi::{
    api::core::v1::{Container, PodSpec, ResourceRequirements},
    apimachinery::pkg::api::resource::Quantity as RawQuantity,
};
use std::collections::BTreeMap;

/// Quantities by the name of their resource.
pub type Quantities = BTreeMap<String, Quantity>;
type Part = fn(&ResourceRequirements) -> Option<&BTreeMap<String, RawQuantity>>;

/// The quantities of a list.
pub fn quantities(list: Option<&BTreeMap<String, RawQuantity>>) -> Quantities {
    let parsed = |(name, raw): (&String, &RawQuantity)| Some((name.clone(), raw.0.parse().ok()?));
    list.into_iter().flatten().filter_map(parsed).collect()
}

/// The containers' requests together.
pub fn aggregate_requests(spec: &PodSpec) -> Quantities {
    aggregate(spec, |resources| resources.requests.as_ref())
}

/// The containers' limits together.
pub fn aggregate_limits(spec: &PodSpec) -> Quantities {
    aggregate(spec, |resources| resources.limits.as_ref())
}

/// Containers and sidecars run side by side; before them init containers, one by one, beside the sidecars started so
/// far (KEP-753).
fn aggregate(spec: &PodSpec, part: Part) -> Quantities {
    let of = |container: &Container| quantities(container.resources.as_ref().and_then(part));
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
mod tests {
    use super::aggregate_requests;
    use serde_json::{Value, json};

    #[test]
    fn containers_run_together_and_init_containers_before() {
        let container = |cpu: &str| json!({"name": "a", "resources": {"requests": {"cpu": cpu}}});
        let sidecar =
            |cpu: &str| json!({"name": "a", "restartPolicy": "Always", "resources": {"requests": {"cpu": cpu}}});
        let cases: [(Value, Value, &str); 5] = [
            (json!([container("1"), container("500m")]), json!([]), "1500m"),
            (json!([container("1")]), json!([container("3"), container("2")]), "3"),
            (json!([container("1")]), json!([sidecar("1"), container("2")]), "3"),
            (json!([container("1")]), json!([container("2"), sidecar("1")]), "2"),
            (json!([container("4")]), json!([sidecar("1"), sidecar("1")]), "6"),
        ];
        for (containers, init_containers, expected) in cases {
            let spec = json!({"containers": containers, "initContainers": init_containers});
            let total = aggregate_requests(&serde_json::from_value(spec.clone()).unwrap());
            assert_eq!(total["cpu"].to_string(), expected, "{spec}");
        }
    }
}
