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

/// Keeps what the server gave out, if the update is silent about it.
pub fn prepare_for_update(new: &mut Value, old: &Value) {
    let (new, old) = (&mut new["spec"], &old["spec"]);
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
