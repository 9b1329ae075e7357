//! Resources of a pod as a whole (KEP-2837): what a pod that has some leaves open follows from its containers'.

use crate::pod::resources::{ResourceList, aggregate_limits, aggregate_requests};
use k8s_openapi::{
    api::core::v1::{Container, PodSpec},
    apimachinery::pkg::api::resource::Quantity as RawQuantity,
};
use machinery::quantity::Quantity;
use serde_json::{Value, json};

/// Completes `spec.resources`.
pub fn default_pod_resources(pod: &mut Value) {
    let Ok(spec) = serde_json::from_value::<PodSpec>(pod["spec"].clone()) else { return };
    let Some(resources) = &spec.resources else { return };
    let mut requests = resources.requests.clone().unwrap_or_default();
    let mut limits = resources.limits.clone().unwrap_or_default();
    if requests.is_empty() && limits.is_empty() {
        return;
    }
    let of_containers = aggregate_limits(&spec);
    for (name, quantity) in of_containers.iter().filter(|(name, _)| is_huge_pages(name)) {
        if !requests.contains_key(name) {
            set(&mut limits, name, *quantity);
        }
    }
    if limits.is_empty() {
        let limited = |name: &str| is_shared(name) && all_limited(&spec, name);
        let limited = of_containers.iter().filter(|(name, _)| limited(name));
        limited.for_each(|(name, quantity)| set(&mut limits, name, *quantity));
    } else {
        let requested = aggregate_requests(&spec);
        let shared = requested.iter().filter(|(name, _)| is_shared(name));
        shared.for_each(|(name, quantity)| set(&mut requests, name, *quantity));
        for (name, limit) in limits.iter().filter(|(name, _)| is_shared(name) || is_huge_pages(name)) {
            requests.entry(name.clone()).or_insert_with(|| limit.clone());
        }
    }
    for (field, list) in [("requests", requests), ("limits", limits)] {
        if !list.is_empty() {
            pod["spec"]["resources"][field] = json!(list);
        }
    }
}

fn set(list: &mut ResourceList, name: &str, quantity: Quantity) {
    list.entry(name.to_owned()).or_insert_with(|| RawQuantity(quantity.to_string()));
}

fn all_limited(spec: &PodSpec, name: &str) -> bool {
    let limits = |container: &Container| container.resources.as_ref().and_then(|resources| resources.limits.clone());
    let mut containers = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    containers.all(|container| limits(container).is_some_and(|limits| limits.contains_key(name)))
}

/// Whether containers can share a pod's.
fn is_shared(name: &str) -> bool {
    matches!(name, "cpu" | "memory")
}

fn is_huge_pages(name: &str) -> bool {
    name.starts_with("hugepages-")
}

#[cfg(test)]
mod tests {
    use super::default_pod_resources;
    use serde_json::{Value, json};

    #[test]
    fn what_a_pod_leaves_open_follows_from_its_containers() {
        let cases: [(Value, Value, Value); 6] = [
            (json!({}), json!({"requests": {"cpu": "1"}}), json!({})),
            (
                json!({"limits": {"cpu": "4", "memory": "1Gi"}}),
                json!({"requests": {"cpu": "1"}}),
                json!({"limits": {"cpu": "4", "memory": "1Gi"}, "requests": {"cpu": "2", "memory": "1Gi"}}),
            ),
            (json!({"requests": {"cpu": "3"}}), json!({"requests": {"cpu": "1"}}), json!({"requests": {"cpu": "3"}})),
            (
                json!({"requests": {"cpu": "3"}}),
                json!({"requests": {"cpu": "2"}, "limits": {"cpu": "2"}}),
                json!({"requests": {"cpu": "3"}, "limits": {"cpu": "4"}}),
            ),
            (
                json!({"limits": {"cpu": "4"}}),
                json!({"limits": {"hugepages-2Mi": "2Mi"}, "requests": {"hugepages-2Mi": "2Mi"}}),
                json!({
                    "limits": {"cpu": "4", "hugepages-2Mi": "4Mi"},
                    "requests": {"cpu": "4", "hugepages-2Mi": "4Mi"},
                }),
            ),
            (
                json!({"limits": {"cpu": "4"}}),
                json!({"requests": {"ephemeral-storage": "1Gi"}}),
                json!({"limits": {"cpu": "4"}, "requests": {"cpu": "4"}}),
            ),
        ];
        for (of_pod, of_container, expected) in cases {
            let container = json!({"name": "c", "resources": of_container});
            let mut pod = json!({"spec": {"containers": [container, container], "resources": of_pod}});
            default_pod_resources(&mut pod);
            assert_eq!(pod["spec"]["resources"], expected, "{of_pod} {of_container}");
        }
    }
}
