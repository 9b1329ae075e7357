//! Services, what is behind them, and what may come to them.

use jiff::Timestamp;
use machinery::{
    meta,
    table::{AGE, Column, NAME, NONE, Printer, SELECTOR, abridged, age, items, labels, number, or_none, selector},
};
use serde_json::Value;
use std::collections::BTreeSet;

pub const SERVICE: Printer = Printer::Code {
    columns: &[
        NAME,
        Column::text("Type", "From where the Service can be reached."),
        Column::text("Cluster-IP", "The Service's address within the cluster."),
        Column::text("External-IP", "The Service's addresses outside the cluster."),
        Column::text("Port(s)", "The Service's ports, and those on nodes."),
        AGE,
        SELECTOR,
    ],
    cells: service,
};

pub const ENDPOINTS: Printer = Printer::Code {
    columns: &[NAME, Column::text("Endpoints", "The addresses and ports that are ready."), AGE],
    cells: |object, now| vec![meta::name(object).into(), endpoints(object).into(), age(object, now)],
};

pub const ENDPOINT_SLICE: Printer = Printer::Code {
    columns: &[
        NAME,
        Column::text("AddressType", "IPv4, IPv6 or FQDN."),
        Column::text("Ports", "The ports of every endpoint."),
        Column::text("Endpoints", "The addresses."),
        AGE,
    ],
    cells: |object, now| {
        let port = |port: &Value| port["port"].as_i64().map_or_else(|| "*".to_owned(), |number| number.to_string());
        let ports: Vec<String> = items(&object["ports"]).iter().map(port).collect();
        let addresses: Vec<String> = items(&object["endpoints"])
            .iter()
            .flat_map(|endpoint| items(&endpoint["addresses"]))
            .filter_map(|address| address.as_str().map(str::to_owned))
            .collect();
        vec![
            meta::name(object).into(),
            object["addressType"].clone(),
            abridged(&ports, "<unset>").into(),
            abridged(&addresses, "<unset>").into(),
            age(object, now),
        ]
    },
};

pub const INGRESS: Printer = Printer::Code {
    columns: &[
        NAME,
        Column::text("Class", "Who implements the Ingress."),
        Column::text("Hosts", "The hosts that requests are for."),
        Column::text("Address", "Where requests come in."),
        Column::text("Ports", "The ports that are open."),
        AGE,
    ],
    cells: |object, now| {
        let spec = &object["spec"];
        let mut hosts: Vec<String> = Vec::new();
        for host in items(&spec["rules"]).iter().filter_map(|rule| rule["host"].as_str()) {
            if !host.is_empty() && !hosts.iter().any(|known| known == host) {
                hosts.push(host.to_owned());
            }
        }
        let ports = if items(&spec["tls"]).is_empty() { "80" } else { "80, 443" };
        vec![
            meta::name(object).into(),
            or_none(&spec["ingressClassName"]).into(),
            abridged(&hosts, "*").into(),
            ingress_points(object).join(",").into(),
            ports.into(),
            age(object, now),
        ]
    },
};

pub const INGRESS_CLASS: Printer = Printer::Code {
    columns: &[
        NAME,
        Column::text("Controller", "What implements the class."),
        Column::text("Parameters", "Where its configuration is."),
        AGE,
    ],
    cells: |object, now| {
        let parameters = &object["spec"]["parameters"];
        let text = |field: &str| parameters[field].as_str().unwrap_or_default();
        let reference = match (text("kind"), text("apiGroup"), text("name")) {
            ("", _, _) => NONE.to_owned(),
            (kind, "", name) => format!("{kind}/{name}"),
            (kind, group, name) => format!("{kind}.{group}/{name}"),
        };
        vec![
            meta::name(object).into(),
            object["spec"]["controller"].as_str().unwrap_or_default().into(),
            reference.into(),
            age(object, now),
        ]
    },
};

pub const NETWORK_POLICY: Printer = Printer::Code {
    columns: &[NAME, Column::text("Pod-Selector", "The pods that the policy is about."), AGE],
    cells: |object, now| {
        vec![meta::name(object).into(), selector(&object["spec"]["podSelector"]).into(), age(object, now)]
    },
};

fn service(object: &Value, now: Timestamp) -> Vec<Value> {
    let spec = &object["spec"];
    vec![
        meta::name(object).into(),
        spec["type"].clone(),
        or_none(if spec["clusterIPs"][0].is_string() { &spec["clusterIPs"][0] } else { &spec["clusterIP"] }).into(),
        external_ip(object).into(),
        ports(spec).into(),
        age(object, now),
        labels(&spec["selector"]).into(),
    ]
}

fn external_ip(service: &Value) -> String {
    let spec = &service["spec"];
    let mut addresses: BTreeSet<String> =
        items(&spec["externalIPs"]).iter().filter_map(|address| address.as_str().map(str::to_owned)).collect();
    let if_none = match spec["type"].as_str() {
        Some("ExternalName") => return spec["externalName"].as_str().unwrap_or_default().to_owned(),
        Some("LoadBalancer") => {
            addresses.extend(ingress_points(service));
            "<pending>"
        }
        Some("ClusterIP" | "NodePort") => NONE,
        _ => "<unknown>",
    };
    if addresses.is_empty() { if_none.to_owned() } else { addresses.into_iter().collect::<Vec<_>>().join(",") }
}

/// Addresses or else host names in a load balancer's status.
fn ingress_points(object: &Value) -> Vec<String> {
    let point = |ingress: &Value| {
        let text = |field: &str| ingress[field].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        text("ip").or_else(|| text("hostname"))
    };
    items(&object["status"]["loadBalancer"]["ingress"]).iter().filter_map(point).collect()
}

fn ports(spec: &Value) -> String {
    let port = |port: &Value| {
        let protocol = port["protocol"].as_str().unwrap_or_default();
        match (number(&port["port"]), number(&port["nodePort"])) {
            (number, 0) => format!("{number}/{protocol}"),
            (number, node_port) => format!("{number}:{node_port}/{protocol}"),
        }
    };
    let ports: Vec<String> = items(&spec["ports"]).iter().map(port).collect();
    if ports.is_empty() { NONE.to_owned() } else { ports.join(",") }
}

fn endpoints(object: &Value) -> String {
    let mut found = Vec::new();
    for subset in items(&object["subsets"]) {
        let addresses = || items(&subset["addresses"]).iter().filter_map(|address| address["ip"].as_str());
        let ports = items(&subset["ports"]);
        if ports.is_empty() {
            found.extend(addresses().map(str::to_owned));
        }
        for port in ports {
            found.extend(addresses().map(|address| format!("{address}:{}", number(&port["port"]))));
        }
    }
    abridged(&found, NONE)
}
