//! Services: the two spellings of the cluster address, address families, and what an update need not repeat.

use serde_json::{Value, json};

/// Brings `clusterIP` and `clusterIPs` in line and names the address families that follow from them.
pub fn prepare_for_create(service: &mut Value) {
    service["status"] = json!({"loadBalancer": {}});
    let spec = &mut service["spec"];
    let address = spec["clusterIP"].as_str().unwrap_or_default().to_owned();
    if !address.is_empty() && is_unset(&spec["clusterIPs"]) {
        spec["clusterIPs"] = json!([address]);
    }
    if spec["type"] != "ExternalName" {
        families(spec, &address);
    }
}

fn families(spec: &mut Value, address: &str) {
    let without_selector = address == "None" && is_unset(&spec["selector"]);
    if is_unset(&spec["ipFamilyPolicy"]) {
        spec["ipFamilyPolicy"] = json!(if without_selector { "RequireDualStack" } else { "SingleStack" });
    }
    if is_unset(&spec["ipFamilies"]) {
        let dual = without_selector && spec["ipFamilyPolicy"] == "RequireDualStack";
        let first = if address.contains(':') { "IPv6" } else { "IPv4" };
        spec["ipFamilies"] = if dual { json!(["IPv4", "IPv6"]) } else { json!([first]) };
    }
}

/// Keeps what the server gave out, if the update is silent about it, and drops what the new type has no use for.
pub fn prepare_for_update(new: &mut Value, old: &Value) {
    let (new, old) = (&mut new["spec"], &old["spec"]);
    keep_what_was_given(new, old);
    drop_what_is_of_no_use(new, old);
}

fn keep_what_was_given(new: &mut Value, old: &Value) {
    let external = |spec: &Value| spec["type"] == "ExternalName";
    if external(new) || external(old) {
        return;
    }
    for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        if is_unset(&new[field]) && !is_unset(&old[field]) {
            new[field] = old[field].clone();
        }
    }
    let on_nodes = |spec: &Value| matches!(spec["type"].as_str(), Some("NodePort" | "LoadBalancer"));
    if !on_nodes(new) || !on_nodes(old) {
        return;
    }
    if is_unset(&new["healthCheckNodePort"]) && !is_unset(&old["healthCheckNodePort"]) {
        new["healthCheckNodePort"] = old["healthCheckNodePort"].clone();
    }
    let given: Vec<Value> = old["ports"].as_array().cloned().unwrap_or_default();
    for port in new["ports"].as_array_mut().into_iter().flatten() {
        let same = |old: &&Value| old["port"] == port["port"] && old["protocol"] == port["protocol"];
        let node_port = given.iter().find(same).map(|old| old["nodePort"].clone()).unwrap_or_default();
        if is_unset(&port["nodePort"]) && !is_unset(&node_port) {
            port["nodePort"] = node_port;
        }
    }
}

/// Fields that only some types have, which of them, and the field itself.
type Dependent = (fn(&Value) -> bool, &'static [&'static str]);

const DEPENDENT: [Dependent; 7] = [
    (has_address, &["clusterIP", "clusterIPs"]),
    (has_address, &["ipFamilies"]),
    (has_address, &["ipFamilyPolicy"]),
    (has_health_check, &["healthCheckNodePort"]),
    (is_balanced, &["allocateLoadBalancerNodePorts"]),
    (is_balanced, &["loadBalancerClass"]),
    (is_reached_from_outside, &["externalTrafficPolicy"]),
];

/// A field that the old type used and the new one does not goes, unless the user has changed it, which is refused
/// (`dropTypeDependentFields` of `pkg/registry/core/service/strategy.go`).
fn drop_what_is_of_no_use(new: &mut Value, old: &Value) {
    for (uses, fields) in DEPENDENT {
        if uses(old) && !uses(new) && fields.iter().all(|field| new[field] == old[field]) {
            new.as_object_mut().into_iter().for_each(|spec| spec.retain(|field, _| !fields.contains(&field.as_str())));
        }
    }
    if has_node_ports(old) && !has_node_ports(new) && node_ports(new).eq(node_ports(old)) {
        for port in new["ports"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            port.remove("nodePort");
        }
    }
}

fn node_ports(spec: &Value) -> impl Iterator<Item = &Value> {
    spec["ports"].as_array().into_iter().flatten().map(|port| &port["nodePort"])
}

fn has_address(spec: &Value) -> bool {
    spec["type"] != "ExternalName"
}

fn is_balanced(spec: &Value) -> bool {
    spec["type"] == "LoadBalancer"
}

fn has_node_ports(spec: &Value) -> bool {
    spec["type"] == "NodePort" || (is_balanced(spec) && spec["allocateLoadBalancerNodePorts"] != false)
}

fn has_health_check(spec: &Value) -> bool {
    is_balanced(spec) && spec["externalTrafficPolicy"] == "Local"
}

fn is_reached_from_outside(spec: &Value) -> bool {
    match spec["type"].as_str() {
        Some("NodePort" | "LoadBalancer") => true,
        Some("ExternalName") => false,
        _ => !is_unset(&spec["externalIPs"]),
    }
}

fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Bool(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_new_type_has_no_use_for_goes_unless_it_was_changed() {
        let balanced = || {
            json!({ "spec": {
                "type": "LoadBalancer", "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ipFamilies": ["IPv4"],
                "ipFamilyPolicy": "SingleStack", "externalTrafficPolicy": "Local", "healthCheckNodePort": 30001,
                "allocateLoadBalancerNodePorts": true, "ports": [{ "port": 80, "nodePort": 30000 }],
            } })
        };
        let with = |changes: &Value| {
            let mut service = balanced();
            service["spec"].as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            service
        };
        let left = |changes: &Value| {
            let mut new = with(changes);
            prepare_for_update(&mut new, &balanced());
            let fields = new["spec"].as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>().join(" ");
            (fields, new["spec"]["ports"][0]["nodePort"].clone())
        };
        let everything = "allocateLoadBalancerNodePorts clusterIP clusterIPs externalTrafficPolicy healthCheckNodePort \
                          ipFamilies ipFamilyPolicy ports type";
        let of_cluster = "clusterIP clusterIPs ipFamilies ipFamilyPolicy ports type";
        for (changes, fields, node_port) in [
            (json!({}), everything, json!(30000)),
            (json!({ "type": "ClusterIP" }), of_cluster, json!(null)),
            (
                json!({ "type": "NodePort" }),
                "clusterIP clusterIPs externalTrafficPolicy ipFamilies ipFamilyPolicy ports type",
                json!(30000),
            ),
            (json!({ "type": "ExternalName" }), "ports type", json!(null)),
            (
                json!({ "type": "ExternalName", "clusterIP": "10.0.0.2", "clusterIPs": ["10.0.0.2"] }),
                "clusterIP clusterIPs ports type",
                json!(null),
            ),
            (json!({ "type": "ClusterIP", "ports": [{ "port": 80, "nodePort": 31000 }] }), of_cluster, json!(31000)),
        ] {
            let (mut actual, port) = left(&changes);
            let mut sorted: Vec<_> = actual.split(' ').collect();
            sorted.sort_unstable();
            actual = sorted.join(" ");
            assert_eq!((actual.as_str(), port), (fields, node_port), "{changes}");
        }
    }
}
