//! What the Service `kubernetes` and its companions are to be.

use super::ServiceAddresses;
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};

/// The name of all three.
pub(super) const NAME: &str = "kubernetes";

/// The Service's port.
const PORT: u16 = 443;

impl ServiceAddresses {
    fn port(&self) -> Option<u16> {
        self.endpoints.first().map(SocketAddr::port)
    }

    /// The addresses of one port and one family, as one `EndpointSlice` can name them, sorted.
    fn addresses(&self) -> Vec<IpAddr> {
        let first = self.endpoints.first();
        let alike = |endpoint: &&SocketAddr| {
            first.is_some_and(|first| (first.port(), first.is_ipv4()) == (endpoint.port(), endpoint.is_ipv4()))
        };
        let mut addresses: Vec<IpAddr> = self.endpoints.iter().filter(alike).map(SocketAddr::ip).collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses
    }

    fn family(&self) -> &'static str {
        if self.addresses().iter().any(IpAddr::is_ipv6) { "IPv6" } else { "IPv4" }
    }
}

/// Whether a Service is one of another run, which had other addresses for Services.
pub(super) fn is_elsewhere(service: &Value, wanted: &ServiceAddresses) -> bool {
    service["spec"]["clusterIP"] != wanted.service.to_string()
}

/// The Service, if it is missing. Who changes it means it.
pub(super) fn service(found: Option<&Value>, wanted: &ServiceAddresses) -> Option<Value> {
    if found.is_some() {
        return None;
    }
    let target = wanted.port().unwrap_or(PORT);
    Some(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME, "namespace": super::NAMESPACE, "labels": {"component": "apiserver", "provider": NAME}},
        "spec": {
            "type": "ClusterIP",
            "clusterIP": wanted.service.to_string(),
            "ipFamilyPolicy": "SingleStack",
            "sessionAffinity": "None",
            "ports": [{"name": "https", "protocol": "TCP", "port": PORT, "targetPort": target}],
        },
    }))
}

/// The Endpoints, if they are not as they must be.
pub(super) fn endpoints(found: Option<&Value>, wanted: &ServiceAddresses) -> Option<Value> {
    let addresses: Vec<Value> = wanted.addresses().iter().map(|ip| json!({"ip": ip.to_string()})).collect();
    let ports: Vec<Value> =
        wanted.port().into_iter().map(|port| json!({"name": "https", "port": port, "protocol": "TCP"})).collect();
    let subsets = if addresses.is_empty() { Value::Null } else { json!([{"addresses": addresses, "ports": ports}]) };
    // The controller that mirrors Endpoints into slices is to leave these alone.
    let labels = [("endpointslice.kubernetes.io/skip-mirror", "true")];
    let wanted = json!({
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": NAME, "namespace": super::NAMESPACE},
        "subsets": subsets,
    });
    brought_to(found, &wanted, &["subsets"], labels)
}

/// Whether a slice has addresses of another family, which cannot be changed.
pub(super) fn is_of_other_family(slice: &Value, wanted: &ServiceAddresses) -> bool {
    slice["addressType"] != wanted.family()
}

/// The `EndpointSlice`, if it is not as it must be.
pub(super) fn endpoint_slice(found: Option<&Value>, wanted: &ServiceAddresses) -> Option<Value> {
    let endpoint = |ip: &IpAddr| json!({"addresses": [ip.to_string()], "conditions": {"ready": true}});
    let endpoints: Vec<Value> = wanted.addresses().iter().map(endpoint).collect();
    let ports: Vec<Value> =
        wanted.port().into_iter().map(|port| json!({"name": "https", "port": port, "protocol": "TCP"})).collect();
    let labels = [("kubernetes.io/service-name", NAME)];
    let wanted = json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": NAME, "namespace": super::NAMESPACE},
        "addressType": wanted.family(),
        "endpoints": endpoints,
        "ports": ports,
    });
    brought_to(found, &wanted, &["endpoints", "ports"], labels)
}

/// What is found, with these fields and labels as they are wanted; `None` if they are. What is missing is an empty list.
fn brought_to(found: Option<&Value>, wanted: &Value, fields: &[&str], labels: [(&str, &str); 1]) -> Option<Value> {
    let mut object = found.cloned().unwrap_or_else(|| wanted.clone());
    let given = |value: &Value| if value.is_null() { json!([]) } else { value.clone() };
    for field in fields {
        if given(&object[*field]) != given(&wanted[*field]) {
            object[*field] = wanted[*field].clone();
        }
    }
    for (key, value) in labels {
        object["metadata"]["labels"][key] = value.into();
    }
    let cleaned = |object: &Value| {
        let mut object = object.clone();
        for field in fields {
            object[*field] = given(&object[*field]);
        }
        object
    };
    let is_right = found.is_some_and(|found| cleaned(found) == cleaned(&object));
    (!is_right).then_some(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(endpoints: &[&str]) -> ServiceAddresses {
        let endpoints = endpoints.iter().map(|endpoint| endpoint.parse().unwrap()).collect();
        ServiceAddresses { service: "10.96.0.1".parse().unwrap(), endpoints }
    }

    #[test]
    fn what_is_right_stays_as_it_is() {
        let wanted = addresses(&["10.0.0.2:6443", "10.0.0.1:6443"]);
        let service = service(None, &wanted).unwrap();
        assert_eq!(service["spec"]["ports"][0]["targetPort"], 6443);
        assert!(super::service(Some(&service), &wanted).is_none() && !is_elsewhere(&service, &wanted));
        let made = endpoints(None, &wanted).unwrap();
        assert_eq!(made["subsets"][0]["addresses"], json!([{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}]));
        assert_eq!(endpoints(Some(&made), &wanted), None);
        let slice = endpoint_slice(None, &wanted).unwrap();
        assert_eq!(slice["endpoints"][1], json!({"addresses": ["10.0.0.2"], "conditions": {"ready": true}}));
        assert_eq!(endpoint_slice(Some(&slice), &wanted), None);
    }

    #[test]
    fn what_is_wrong_is_put_right_and_the_rest_kept() {
        let wanted = addresses(&["10.0.0.1:6443"]);
        let mut made = endpoints(None, &wanted).unwrap();
        let right = made.clone();
        made["subsets"] = json!([]);
        made["metadata"]["labels"] = json!({"mine": "1"});
        let again = endpoints(Some(&made), &wanted).unwrap();
        assert_eq!(again["subsets"], right["subsets"]);
        assert_eq!(again["metadata"]["labels"]["mine"], "1");
        assert_eq!(again["metadata"]["labels"]["endpointslice.kubernetes.io/skip-mirror"], "true");
    }

    #[test]
    fn a_server_that_pods_cannot_reach_has_no_endpoints() {
        let none = addresses(&[]);
        let made = endpoints(None, &none).unwrap();
        assert_eq!(made["subsets"], Value::Null);
        let mut stored = made.clone();
        stored.as_object_mut().unwrap().remove("subsets");
        assert_eq!(endpoints(Some(&stored), &none), None, "no list is an empty one");
    }

    #[test]
    fn one_slice_has_one_port_and_one_family() {
        let mixed = addresses(&["10.0.0.1:6443", "[fd00::1]:6443", "10.0.0.2:7000"]);
        assert_eq!(mixed.addresses(), ["10.0.0.1".parse::<IpAddr>().unwrap()]);
        let slice = endpoint_slice(None, &mixed).unwrap();
        assert!(is_of_other_family(&slice, &addresses(&["[fd00::1]:6443"])));
    }
}
