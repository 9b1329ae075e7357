//! Nodes.

use jiff::Timestamp;
use machinery::{
    meta,
    table::{AGE, Column, NAME, NONE, Printer, age, items},
};
use serde_json::Value;
use std::collections::BTreeSet;

pub const NODE: Printer = Printer::Code {
    columns: &[
        NAME,
        Column::text("Status", "Whether the node is ready and takes pods."),
        Column::text("Roles", "What the node is used for, by its labels."),
        AGE,
        Column::text("Version", "The version of the node's kubelet."),
        Column::wide("Internal-IP", "The node's address within the cluster."),
        Column::wide("External-IP", "The node's address outside the cluster."),
        Column::wide("OS-Image", "The operating system of the node."),
        Column::wide("Kernel-Version", "The version of the node's kernel."),
        Column::wide("Container-Runtime", "What runs the node's containers, and its version."),
    ],
    cells,
};

fn cells(node: &Value, now: Timestamp) -> Vec<Value> {
    let info = &node["status"]["nodeInfo"];
    let known = |value: &Value| value.as_str().filter(|text| !text.is_empty()).unwrap_or("<unknown>").to_owned();
    vec![
        meta::name(node).into(),
        status(node).into(),
        roles(node).into(),
        age(node, now),
        info["kubeletVersion"].as_str().unwrap_or_default().into(),
        address(node, "InternalIP").into(),
        address(node, "ExternalIP").into(),
        known(&info["osImage"]).into(),
        known(&info["kernelVersion"]).into(),
        known(&info["containerRuntimeVersion"]).into(),
    ]
}

fn status(node: &Value) -> String {
    let ready = items(&node["status"]["conditions"]).iter().find(|condition| condition["type"] == "Ready");
    let status = match ready {
        Some(condition) if condition["status"] == "True" => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    if node["spec"]["unschedulable"] == true { format!("{status},SchedulingDisabled") } else { status.to_owned() }
}

fn roles(node: &Value) -> String {
    let role = |(key, value): (&'_ str, &'_ str)| match key.strip_prefix("node-role.kubernetes.io/") {
        Some(role) => Some(role.to_owned()),
        None => (key == "kubernetes.io/role").then(|| value.to_owned()),
    };
    let roles: BTreeSet<String> =
        meta::entries(node, "labels").filter_map(role).filter(|role| !role.is_empty()).collect();
    if roles.is_empty() { NONE.to_owned() } else { roles.into_iter().collect::<Vec<_>>().join(",") }
}

fn address<'node>(node: &'node Value, kind: &str) -> &'node str {
    let mut addresses = items(&node["status"]["addresses"]).iter();
    addresses.find(|address| address["type"] == kind).and_then(|address| address["address"].as_str()).unwrap_or(NONE)
}
