//! Services, their endpoints, and network policies.

use machinery::fields::{Object, child, is_filled, items, set_default, text};
use serde_json::{Value, json};

/// Three hours: how long `ClientIP` affinity lasts if nothing else is said.
const AFFINITY_SECONDS: i64 = 10_800;

/// A Service; addresses and node ports are given out by the server.
pub fn service(object: &mut Object) {
    ingress_modes(object);
    let Some(spec) = child(object, "spec") else { return };
    session_affinity(spec);
    set_default(spec, "type", "ClusterIP");
    for port in items(spec, "ports") {
        set_default(port, "protocol", "TCP");
        let number = port.get("port").cloned().unwrap_or(Value::Null);
        if port.get("targetPort").and_then(Value::as_i64) == Some(0) {
            port.remove("targetPort");
        }
        set_default(port, "targetPort", number);
    }
    let kind = text(spec, "type").to_owned();
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer") || kind == "ClusterIP" && is_filled(spec, "externalIPs") {
        set_default(spec, "externalTrafficPolicy", "Cluster");
    }
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer" | "ClusterIP") {
        set_default(spec, "internalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" {
        set_default(spec, "allocateLoadBalancerNodePorts", true);
    }
}

/// Endpoints.
pub fn endpoints(object: &mut Object) {
    for subset in items(object, "subsets") {
        for port in items(subset, "ports") {
            set_default(port, "protocol", "TCP");
        }
    }
}

/// An `EndpointSlice`.
pub fn endpoint_slice(object: &mut Object) {
    for port in items(object, "ports") {
        set_default(port, "name", "");
        set_default(port, "protocol", "TCP");
    }
}

/// A `NetworkPolicy`: without types it is about what comes in, and about what goes out if it has rules for that.
pub fn network_policy(object: &mut Object) {
    let Some(spec) = child(object, "spec") else { return };
    for rules in ["ingress", "egress"] {
        for rule in items(spec, rules) {
            for port in items(rule, "ports") {
                set_default(port, "protocol", "TCP");
            }
        }
    }
    if !is_filled(spec, "policyTypes") {
        let types = if is_filled(spec, "egress") { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
        spec.insert("policyTypes".to_owned(), types);
    }
}

/// An `IngressClass`.
pub fn ingress_class(object: &mut Object) {
    if let Some(parameters) = child(object, "spec").and_then(|spec| child(spec, "parameters")) {
        set_default(parameters, "scope", "Cluster");
    }
}

fn session_affinity(spec: &mut Object) {
    set_default(spec, "sessionAffinity", "None");
    match text(spec, "sessionAffinity") {
        "None" => {
            spec.remove("sessionAffinityConfig");
        }
        "ClientIP" => {
            let timeout =
                spec.get("sessionAffinityConfig").and_then(|config| config.pointer("/clientIP/timeoutSeconds"));
            if timeout.is_none_or(Value::is_null) {
                let config = json!({"clientIP": {"timeoutSeconds": AFFINITY_SECONDS}});
                spec.insert("sessionAffinityConfig".to_owned(), config);
            }
        }
        _ => {}
    }
}

fn ingress_modes(object: &mut Object) {
    let balanced = child(object, "spec").is_some_and(|spec| text(spec, "type") == "LoadBalancer");
    let status = child(object, "status").and_then(|status| child(status, "loadBalancer"));
    if let (true, Some(status)) = (balanced, status) {
        for ingress in items(status, "ingress").filter(|ingress| !text(ingress, "ip").is_empty()) {
            set_default(ingress, "ipMode", "VIP");
        }
    }
}
