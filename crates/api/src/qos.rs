//! Quality of service: which pods go first when a node runs short (`pkg/apis/core/v1/helper/qos`).

use k8s_openapi::{
    api::core::v1::{PodSpec, ResourceRequirements},
    apimachinery::pkg::api::resource::Quantity as RawQuantity,
};
use machinery::quantity::Quantity;
use std::{collections::BTreeMap, fmt};

/// A pod's quality of service class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QosClass {
    /// Asks for exactly what it may use, of processor and memory, in every container.
    Guaranteed,
    /// Asks for something.
    Burstable,
    /// Asks for nothing.
    BestEffort,
}

impl QosClass {
    /// The class as it stands in `status.qosClass`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guaranteed => "Guaranteed",
            Self::Burstable => "Burstable",
            Self::BestEffort => "BestEffort",
        }
    }
}

impl fmt::Display for QosClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

type Totals = BTreeMap<&'static str, Quantity>;

/// The class of a pod whose requests have been defaulted. Resources of the pod as a whole go before its containers'.
#[must_use]
pub fn class(spec: &PodSpec) -> QosClass {
    let (mut requests, mut limits) = (Totals::new(), Totals::new());
    let mut all_limited = true;
    let mut account = |resources: Option<&ResourceRequirements>| {
        add(&mut requests, resources.and_then(|resources| resources.requests.as_ref()));
        let limited = add(&mut limits, resources.and_then(|resources| resources.limits.as_ref()));
        all_limited &= limited == COUNTED.len();
    };
    let of_pod = spec.resources.as_ref().filter(|resources| resources.limits.is_some() || resources.requests.is_some());
    if let Some(resources) = of_pod {
        account(Some(resources));
    } else {
        let containers = spec.containers.iter().chain(spec.init_containers.iter().flatten());
        containers.for_each(|container| account(container.resources.as_ref()));
    }
    if requests.is_empty() && limits.is_empty() {
        QosClass::BestEffort
    } else if all_limited && requests == limits {
        QosClass::Guaranteed
    } else {
        QosClass::Burstable
    }
}

const COUNTED: [&str; 2] = ["cpu", "memory"];

/// Adds what counts; returns how many resources that were.
fn add(totals: &mut Totals, list: Option<&BTreeMap<String, RawQuantity>>) -> usize {
    let mut counted = 0;
    for name in COUNTED {
        let quantity: Option<Quantity> = list.and_then(|list| list.get(name)).and_then(|raw| raw.0.parse().ok());
        let Some(quantity) = quantity.filter(|quantity| !quantity.is_zero() && !quantity.is_negative()) else {
            continue;
        };
        counted += 1;
        *totals.entry(name).or_default() += quantity;
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::{QosClass, class};
    use serde_json::{Value, json};

    #[test]
    fn classes_follow_requests_and_limits() {
        let full = json!({"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1000m", "memory": "1024Mi"}});
        let cases: [(Value, QosClass); 9] = [
            (json!([{}]), QosClass::BestEffort),
            (json!([{"requests": {"cpu": "0"}}]), QosClass::BestEffort),
            (json!([{"requests": {"ephemeral-storage": "1Gi"}}]), QosClass::BestEffort),
            (json!([full]), QosClass::Guaranteed),
            (json!([full, full]), QosClass::Guaranteed),
            (json!([full, {}]), QosClass::Burstable),
            (json!([{"requests": {"cpu": "1"}}]), QosClass::Burstable),
            (json!([{"limits": {"cpu": "1", "memory": "1Gi"}}]), QosClass::Burstable),
            (
                json!([{"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "1Gi"}}]),
                QosClass::Burstable,
            ),
        ];
        for (resources, expected) in cases {
            let containers: Vec<Value> = resources
                .as_array()
                .unwrap()
                .iter()
                .map(|resources| json!({"name": "a", "resources": resources}))
                .collect();
            let spec = serde_json::from_value(json!({"containers": containers})).unwrap();
            assert_eq!(class(&spec), expected, "{resources}");
        }
        let of_pod = json!({"resources": full, "containers": [{"name": "a"}]});
        assert_eq!(class(&serde_json::from_value(of_pod).unwrap()), QosClass::Guaranteed);
    }
}
