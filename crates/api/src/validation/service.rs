//! Services. Giving out addresses and ports is not validation; it happens in the server.

use super::{
    labels,
    pod::{port_number, port_number_or_name, protocol},
    text,
};
use k8s_openapi::{
    api::core::v1::{Service, ServicePort, ServiceSpec},
    apimachinery::pkg::util::intstr::IntOrString,
};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};
use serde_json::json;
use std::{
    collections::HashSet,
    net::{IpAddr, Ipv6Addr},
};

const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const POLICIES: [&str; 2] = ["Cluster", "Local"];
const MAX_AFFINITY_SECONDS: i32 = 86_400;

/// A Service at any time.
pub fn service(service: &Service) -> ErrorList {
    let mut errors = ErrorList::new();
    let path = Path::new("spec");
    let spec = service.spec.clone().unwrap_or_default();
    let kind = text(spec.type_.as_ref());
    let headless = is_headless(&spec);
    let service_ports = spec.ports.as_deref().unwrap_or_default();
    if service_ports.is_empty() && !headless && kind != "ExternalName" {
        errors.push(Error::required(&path.child("ports"), ""));
    }
    if headless && matches!(kind, "LoadBalancer" | "NodePort") {
        let detail = format!("may not be set to 'None' for {kind} services");
        errors.push(Error::invalid(&path.child("clusterIPs").index(0), "None", detail));
    }
    if kind == "ExternalName" {
        errors.extend(external_name(&spec, &path));
    }
    errors.extend(ports(service_ports, kind, &path.child("ports")));
    if let Some(selector) = &spec.selector {
        errors.extend(labels::labels(selector, &path.child("selector")));
    }
    errors.extend(session_affinity(&spec, &path));
    if kind != "ExternalName" {
        errors.extend(addresses(&spec, &path));
    }
    for (index, address) in spec.external_ips.iter().flatten().enumerate() {
        errors.extend(external_ip(address, &path.child("externalIPs").index(index)));
    }
    if !TYPES.contains(&kind) {
        errors.push(Error::not_supported(&path.child("type"), kind, &TYPES));
    }
    errors.extend(load_balancing(&spec, kind, &path));
    errors.extend(traffic_policies(&spec, kind, &path));
    errors
}

/// A Service as the successor of another: its address stays.
pub fn service_update(new: &Service, old: &Service) -> ErrorList {
    let (new, old) = (new.spec.clone().unwrap_or_default(), old.spec.clone().unwrap_or_default());
    let external = |spec: &ServiceSpec| spec.type_.as_deref() == Some("ExternalName");
    if external(&new) || external(&old) || is_headless(&new) && is_headless(&old) {
        return ErrorList::new();
    }
    let path = Path::new("spec").child("clusterIPs").index(0);
    let first = |spec: &ServiceSpec| spec.cluster_ips.iter().flatten().next().cloned();
    match (first(&new), first(&old)) {
        (None, Some(_)) => vec![Error::invalid(&path, json!(new.cluster_ips), "primary clusterIP can not be unset")],
        (Some(now), Some(before)) if now != before => {
            vec![Error::invalid(&path, json!(new.cluster_ips), "may not change once set")]
        }
        _ => ErrorList::new(),
    }
}

fn is_headless(spec: &ServiceSpec) -> bool {
    matches!(spec.cluster_ips.as_deref(), Some([only]) if only == "None")
}

fn external_name(spec: &ServiceSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let set = [
        ("clusterIPs", spec.cluster_ips.as_ref().is_some_and(|addresses| !addresses.is_empty())),
        ("ipFamilies", spec.ip_families.as_ref().is_some_and(|families| !families.is_empty())),
        ("ipFamilyPolicy", spec.ip_family_policy.is_some()),
    ];
    for (field, _) in set.iter().filter(|(_, set)| *set) {
        errors.push(Error::forbidden(&path.child(field), "may not be set for ExternalName services"));
    }
    let name = text(spec.external_name.as_ref());
    let path = path.child("externalName");
    match name.strip_suffix('.').unwrap_or(name) {
        "" => errors.push(Error::required(&path, "")),
        name => errors.extend(invalid_each(&path, name, format::dns1123_subdomain(name))),
    }
    errors
}

fn ports(ports: &[ServicePort], kind: &str, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let (mut names, mut taken, mut on_nodes) = (HashSet::new(), HashSet::new(), HashSet::new());
    for (index, port) in ports.iter().enumerate() {
        let path = path.index(index);
        let name = text(port.name.as_ref());
        if !name.is_empty() {
            errors.extend(invalid_each(&path.child("name"), name, format::dns1123_label(name)));
            if !names.insert(name) {
                errors.push(Error::duplicate(&path.child("name"), name));
            }
        } else if ports.len() > 1 {
            errors.push(Error::required(&path.child("name"), ""));
        }
        errors.extend(port_number(port.port, &path.child("port")));
        errors.extend(protocol(text(port.protocol.as_ref()), &path.child("protocol")));
        let target = port.target_port.clone().unwrap_or(IntOrString::Int(0));
        errors.extend(port_number_or_name(&target, &path.child("targetPort")));
        if let Some(application) = &port.app_protocol {
            errors.extend(invalid_each(&path.child("appProtocol"), application, format::qualified_name(application)));
        }
        let protocol = text(port.protocol.as_ref());
        if let Some(node_port) = port.node_port.filter(|port| *port != 0) {
            if kind == "ClusterIP" {
                let detail = "may not be used when `type` is 'ClusterIP'";
                errors.push(Error::forbidden(&path.child("nodePort"), detail));
            }
            if !on_nodes.insert((protocol, node_port)) {
                errors.push(Error::duplicate(&path.child("nodePort"), node_port));
            }
        }
        if !taken.insert((protocol, port.port)) {
            errors.push(Error::duplicate(&path, json!({"protocol": protocol, "port": port.port})));
        }
    }
    errors
}

fn session_affinity(spec: &ServiceSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let config_path = path.child("sessionAffinityConfig");
    match text(spec.session_affinity.as_ref()) {
        "" => errors.push(Error::required(&path.child("sessionAffinity"), "")),
        "None" if spec.session_affinity_config.is_some() => {
            errors.push(Error::forbidden(&config_path, "must not be set when session affinity is None"));
        }
        "None" => {}
        "ClientIP" => {
            let client = spec.session_affinity_config.as_ref().and_then(|config| config.client_ip.as_ref());
            let path = config_path.child("clientIP").child("timeoutSeconds");
            match client.and_then(|client| client.timeout_seconds) {
                None => errors.push(Error::required(&path, "when session affinity type is ClientIP")),
                Some(seconds) if !(1..=MAX_AFFINITY_SECONDS).contains(&seconds) => {
                    let detail = format!("must be greater than 0 and less than {MAX_AFFINITY_SECONDS}");
                    errors.push(Error::invalid(&path, seconds, detail));
                }
                Some(_) => {}
            }
        }
        other => {
            errors.push(Error::not_supported(&path.child("sessionAffinity"), other, &["ClientIP", "None"]));
        }
    }
    errors
}

fn addresses(spec: &ServiceSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let list_path = path.child("clusterIPs");
    let list = spec.cluster_ips.as_deref().unwrap_or_default();
    let address = text(spec.cluster_ip.as_ref());
    match list.first() {
        None if !address.is_empty() => errors.push(Error::required(&list_path, "")),
        Some(_) if address.is_empty() => {
            let detail = "must be empty when `clusterIP` is not specified";
            errors.push(Error::invalid(&list_path, json!(list), detail));
        }
        Some(first) if first != address => {
            errors.push(Error::invalid(&list_path, json!(list), "first value must match `clusterIP`"));
        }
        _ => {}
    }
    let mut seen = HashSet::new();
    for (index, family) in spec.ip_families.iter().flatten().enumerate() {
        let path = path.child("ipFamilies").index(index);
        if !matches!(family.as_str(), "IPv4" | "IPv6") {
            errors.push(Error::not_supported(&path, family.as_str(), &["IPv4", "IPv6"]));
        }
        if !seen.insert(family) {
            errors.push(Error::duplicate(&path, family.as_str()));
        }
    }
    let policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
    if let Some(policy) = spec.ip_family_policy.as_deref().filter(|policy| !policies.contains(policy)) {
        errors.push(Error::not_supported(&path.child("ipFamilyPolicy"), policy, &policies));
    }
    if list.len() > 1 && list.iter().any(|address| address == "None") {
        let detail = "'None' must be the first and only value";
        errors.push(Error::invalid(&list_path, json!(list), detail));
    }
    for (index, address) in list.iter().enumerate().filter(|(_, address)| *address != "None") {
        errors.extend(invalid_each(&list_path.index(index), address, format::ip(address)));
    }
    if list.len() > 2 {
        errors.push(Error::invalid(&list_path, json!(list), "may only hold up to 2 values"));
    }
    errors
}

/// Addresses that mean something else to the node cannot lead to a service.
fn external_ip(address: &str, path: &Path) -> ErrorList {
    let Ok(parsed) = address.parse::<IpAddr>() else {
        return invalid_each(path, address, format::ip(address)).collect();
    };
    let (link_local, link_local_multicast) = match parsed {
        IpAddr::V4(address) => (address.is_link_local(), address.octets().starts_with(&[224, 0, 0])),
        IpAddr::V6(address) => (address.is_unicast_link_local(), is_link_local_multicast(address)),
    };
    let reasons = [
        (parsed.is_unspecified(), format!("may not be unspecified ({address})")),
        (parsed.is_loopback(), "may not be in the loopback range (127.0.0.0/8, ::1/128)".to_owned()),
        (link_local, "may not be in the link-local range (169.254.0.0/16, fe80::/10)".to_owned()),
        (link_local_multicast, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)".to_owned()),
    ];
    reasons.into_iter().filter(|(bad, _)| *bad).map(|(_, detail)| Error::invalid(path, address, detail)).collect()
}

fn is_link_local_multicast(address: Ipv6Addr) -> bool {
    address.segments()[0] & 0xff0f == 0xff02
}

fn load_balancing(spec: &ServiceSpec, kind: &str, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let only = "may only be used when `type` is 'LoadBalancer'";
    let ranges = spec.load_balancer_source_ranges.as_deref().unwrap_or_default();
    let ranges_path = path.child("LoadBalancerSourceRanges");
    if kind != "LoadBalancer" {
        if !ranges.is_empty() {
            errors.push(Error::forbidden(&ranges_path, only));
        }
        if spec.allocate_load_balancer_node_ports.is_some() {
            errors.push(Error::forbidden(&path.child("allocateLoadBalancerNodePorts"), only));
        }
        if spec.load_balancer_class.is_some() {
            errors.push(Error::forbidden(&path.child("loadBalancerClass"), only));
        }
    }
    for (index, range) in ranges.iter().enumerate() {
        errors.extend(invalid_each(&ranges_path.index(index), range.trim(), format::cidr(range.trim())));
    }
    errors
}

fn traffic_policies(spec: &ServiceSpec, kind: &str, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let external_ips = spec.external_ips.as_ref().is_some_and(|addresses| !addresses.is_empty());
    let external = matches!(kind, "LoadBalancer" | "NodePort") || kind == "ClusterIP" && external_ips;
    let external_path = path.child("externalTrafficPolicy");
    match (external, text(spec.external_traffic_policy.as_ref())) {
        (false, "") => {}
        (false, policy) => {
            errors.push(Error::invalid(&external_path, policy, "may only be set for externally-accessible services"));
        }
        (true, "") => errors.push(Error::required(&external_path, "")),
        (true, policy) if !POLICIES.contains(&policy) => {
            errors.push(Error::not_supported(&external_path, policy, &POLICIES));
        }
        (true, _) => {}
    }
    let internal_path = path.child("internalTrafficPolicy");
    match spec.internal_traffic_policy.as_deref() {
        None if matches!(kind, "ClusterIP" | "NodePort" | "LoadBalancer") => {
            errors.push(Error::required(&internal_path, ""));
        }
        Some(policy) if !POLICIES.contains(&policy) => {
            errors.push(Error::not_supported(&internal_path, policy, &POLICIES));
        }
        _ => {}
    }
    let distributions = ["PreferClose", "PreferSameNode", "PreferSameZone"];
    if let Some(found) = spec.traffic_distribution.as_deref().filter(|found| !distributions.contains(found)) {
        errors.push(Error::not_supported(&path.child("trafficDistribution"), found, &distributions));
    }
    errors
}
