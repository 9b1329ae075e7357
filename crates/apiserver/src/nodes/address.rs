//! Where a node's own API is, by its Node object (`pkg/util/node`, `GetPreferredNodeAddress`).

use super::Error;
use serde_json::Value;

/// What kinds of addresses are tried, best first: kubeadm's `--kubelet-preferred-address-types`, because names of hosts
/// often are nobody's names.
const PREFERRED: [&str; 5] = ["InternalIP", "ExternalIP", "InternalDNS", "ExternalDNS", "Hostname"];

/// Where a kubelet listens that does not say where.
const PORT: u16 = 10250;

/// Host and port of the node's own API.
pub(super) fn of(node: &Value) -> Result<(String, u16), Error> {
    let addresses = node["status"]["addresses"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of_type = |wanted: &str| addresses.iter().find(|address| address["type"] == wanted);
    let found = PREFERRED.iter().find_map(|wanted| of_type(wanted)?["address"].as_str());
    let host =
        found.filter(|host| !host.is_empty()).ok_or_else(|| Error::NoAddress(Value::from(addresses).to_string()))?;
    let port = node["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"].as_u64();
    Ok((host.to_owned(), port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0).unwrap_or(PORT)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn addresses_are_preferred_to_names() {
        let address = |kind: &str, address: &str| json!({"type": kind, "address": address});
        for (status, expected) in [
            (
                json!({"addresses": [address("Hostname", "n1"), address("InternalIP", "10.0.0.1")]}),
                Some(("10.0.0.1", 10250)),
            ),
            (
                json!({"addresses": [address("Hostname", "n1")], "daemonEndpoints": {"kubeletEndpoint": {"Port": 7}}}),
                Some(("n1", 7)),
            ),
            (json!({"addresses": [address("Odd", "n1")]}), None),
            (json!({}), None),
        ] {
            let found = of(&json!({ "status": status })).ok();
            assert_eq!(found.as_ref().map(|(host, port)| (host.as_str(), *port)), expected, "{status}");
        }
    }
}
