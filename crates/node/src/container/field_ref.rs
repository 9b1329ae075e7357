//! The downward API: fields of the pod and resources of its containers, as environment variables and files
//! (`pkg/fieldpath/fieldpath.go`, `pkg/api/v1/resource/helpers.go`).

use super::{
    ConfigError, Machine, PodFacts,
    amounts::{amount, parse},
};
use k8s_openapi::api::core::v1::{Container, Pod, ResourceFieldSelector};
use machinery::quantity::Quantity;
use std::{collections::BTreeMap, net::IpAddr};

/// The value of a field of the pod (`fieldRef`).
pub fn field(pod: &Pod, facts: &PodFacts, path: &str) -> Result<String, ConfigError> {
    let meta = &pod.metadata;
    let spec = pod.spec.as_ref();
    let value = match path {
        "metadata.name" => meta.name.clone(),
        "metadata.namespace" => meta.namespace.clone(),
        "metadata.uid" => meta.uid.clone(),
        "metadata.labels" => meta.labels.as_ref().map(lines),
        "metadata.annotations" => meta.annotations.as_ref().map(lines),
        "spec.nodeName" => spec.and_then(|spec| spec.node_name.clone()),
        "spec.serviceAccountName" => spec.and_then(|spec| spec.service_account_name.clone()),
        "status.hostIP" => facts.host_ips.first().map(IpAddr::to_string),
        "status.hostIPs" => Some(joined(&facts.host_ips)),
        "status.podIP" => facts.pod_ips.first().map(IpAddr::to_string),
        "status.podIPs" => Some(joined(&facts.pod_ips)),
        _ => {
            let (map, key) = subscript(path).ok_or_else(|| ConfigError::FieldPath(path.to_owned()))?;
            let map = match map {
                "metadata.labels" => &meta.labels,
                "metadata.annotations" => &meta.annotations,
                _ => return Err(ConfigError::FieldPath(path.to_owned())),
            };
            map.as_ref().and_then(|map| map.get(key).cloned())
        }
    };
    Ok(value.unwrap_or_default())
}

/// `metadata.labels['key']` in its two parts.
fn subscript(path: &str) -> Option<(&str, &str)> {
    let (map, key) = path.split_once("['")?;
    Some((map, key.strip_suffix("']")?))
}

/// A map as a file shows it: a line a key, in order, values quoted.
fn lines(map: &BTreeMap<String, String>) -> String {
    map.iter().map(|(key, value)| format!("{key}={value:?}")).collect::<Vec<_>>().join("\n")
}

fn joined(ips: &[IpAddr]) -> String {
    ips.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(",")
}

/// A resource of a container (`resourceFieldRef`): of the one named, or of `container` itself. Limits that are not
/// set are what the node can give.
pub fn resource(
    pod: &Pod,
    container: &Container,
    selector: &ResourceFieldSelector,
    machine: &Machine,
) -> Result<String, ConfigError> {
    let named = selector.container_name.as_deref().filter(|name| !name.is_empty());
    let container = match (named, &pod.spec) {
        (Some(name), Some(spec)) => spec
            .containers
            .iter()
            .chain(spec.init_containers.iter().flatten())
            .find(|container| container.name == name)
            .ok_or_else(|| ConfigError::ContainerNotFound(name.to_owned()))?,
        _ => container,
    };
    let unsupported = || ConfigError::Resource(selector.resource.clone());
    let (kind, name) = selector.resource.split_once('.').ok_or_else(unsupported)?;
    if !matches!(name, "cpu" | "memory" | "ephemeral-storage") && !name.starts_with("hugepages-") {
        return Err(unsupported());
    }
    let resources = container.resources.as_ref();
    let quantity = match kind {
        "requests" => amount(resources.and_then(|resources| resources.requests.as_ref()), name),
        "limits" => match amount(resources.and_then(|resources| resources.limits.as_ref()), name) {
            limit if limit.is_zero() => amount(Some(&machine.allocatable), name),
            limit => limit,
        },
        _ => return Err(unsupported()),
    };
    let divisor = selector.divisor.as_ref().map(parse).filter(|divisor| !divisor.is_zero());
    Ok(in_units_of(quantity, divisor.unwrap_or(Quantity::from_milli(1000)), name).to_string())
}

/// How many divisors a quantity has, rounded up. CPU counts in thousandths, the rest in whole units.
fn in_units_of(quantity: Quantity, divisor: Quantity, name: &str) -> u64 {
    let number = |quantity: Quantity| {
        let number = if name == "cpu" { quantity.milli_value() } else { quantity.value() };
        u64::try_from(number).unwrap_or(0)
    };
    number(quantity).div_ceil(number(divisor).max(1))
}
