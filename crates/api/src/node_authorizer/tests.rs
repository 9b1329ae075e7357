use super::*;
use crate::rbac::bootstrap::cluster_role;
use machinery::selector::FieldRequirement;
use serde_json::json;

/// Verb, group, resource (with subresource), namespace, name; the reason of the refusal, `None` if it is allowed.
type Case = (&'static str, &'static str, &'static str, &'static str, &'static str, Option<&'static str>);

const UNRELATED: Option<&str> = Some("no relationship found between node 'n1' and this object");

const CASES: &[Case] = &[
    ("get", "", "secrets", "n", "s", None),
    ("watch", "", "secrets", "n", "s", None),
    ("get", "", "secrets", "n", "other", UNRELATED),
    ("list", "", "secrets", "n", "", Some("No Object name found")),
    ("list", "", "secrets", "", "", Some("can only read namespaced object of this type")),
    ("update", "", "secrets", "n", "s", Some("can only read resources of this type")),
    ("get", "", "configmaps", "n", "s", UNRELATED),
    ("get", "", "persistentvolumeclaims", "n", "claim", None),
    ("list", "", "persistentvolumeclaims", "n", "", Some("can only get individual resources of this type")),
    ("patch", "", "persistentvolumeclaims/status", "n", "claim", None),
    ("get", "", "persistentvolumeclaims/status", "n", "claim", Some("can only get/update/patch this type")),
    ("create", "", "serviceaccounts/token", "n", "robot", None),
    ("create", "", "serviceaccounts/token", "n", "other", UNRELATED),
    ("create", "", "serviceaccounts", "n", "", Some("can only create tokens for individual service accounts")),
    ("create", "", "serviceaccounts/x", "n", "robot", Some("can only create token subresource of serviceaccount")),
    ("get", "", "serviceaccounts", "n", "robot", None),
    ("update", "coordination.k8s.io", "leases", "kube-node-lease", "n1", None),
    ("create", "coordination.k8s.io", "leases", "kube-node-lease", "", None),
    (
        "update",
        "coordination.k8s.io",
        "leases",
        "kube-node-lease",
        "n2",
        Some("can only access node lease with the same name as the requesting node"),
    ),
    (
        "get",
        "coordination.k8s.io",
        "leases",
        "kube-system",
        "n1",
        Some("can only access leases in the \"kube-node-lease\" system namespace"),
    ),
    ("get", "", "nodes", "", "n1", None),
    ("get", "", "nodes", "", "n2", Some("node 'n1' cannot read 'n2', only its own Node object")),
    ("list", "", "nodes", "", "", Some("node 'n1' cannot read all nodes, only its own Node object")),
    ("create", "", "nodes", "", "", None),
    ("patch", "", "nodes/status", "", "n1", None),
    ("delete", "", "nodes", "", "n1", Some("")),
    ("get", "", "nodes/proxy", "", "n1", Some("")),
    ("get", "", "pods", "n", "a", None),
    ("get", "", "pods", "n", "b", UNRELATED),
    ("list", "", "pods", "", "", Some("can only list/watch pods with spec.nodeName field selector")),
    ("delete", "", "pods", "n", "a", None),
    ("patch", "", "pods/status", "n", "a", None),
    ("create", "", "pods/eviction", "n", "a", None),
    ("create", "", "pods/exec", "n", "a", Some("")),
    ("update", "", "pods", "n", "a", Some("")),
    ("create", "", "events", "n", "", None),
    ("list", "", "services", "", "", None),
    ("create", "authentication.k8s.io", "tokenreviews", "", "", None),
    ("list", "apps", "deployments", "n", "", Some("")),
    ("update", "certificates.k8s.io", "podcertificaterequests/status", "n", "r", {
        Some("nodes may not access the status subresource of PodCertificateRequests")
    }),
    ("delete", "certificates.k8s.io", "podcertificaterequests", "n", "r", {
        Some("nodes may not delete podcertificaterequests")
    }),
];

fn graph() -> Graph {
    let mut graph = Graph::default();
    graph.put_pod(&json!({"metadata": {"name": "a", "namespace": "n"}, "spec": {"nodeName": "n1",
        "serviceAccountName": "robot", "volumes": [
            {"secret": {"secretName": "s"}}, {"persistentVolumeClaim": {"claimName": "claim"}}]}}));
    graph
}

#[test]
fn a_node_may_do_what_concerns_its_own() {
    let (graph, rules) = (graph(), cluster_role("system:node"));
    for (verb, group, resource, namespace, name, refusal) in CASES {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let request = Attributes { verb, group, namespace, resource, subresource, name, ..Attributes::default() };
        let expected = refusal.map_or(Ok(()), |reason| Err(reason.to_owned()));
        assert_eq!(decide("n1", &request, &rules, &graph), expected, "{request:?}");
    }
}

#[test]
fn a_node_may_select_its_own() {
    let graph = graph();
    for (group, resource) in [("", "pods"), ("resource.k8s.io", "resourceslices")] {
        for (value, equal, allowed) in [("n1", true, true), ("n2", true, false), ("n1", false, false)] {
            let fields = [FieldRequirement { field: "spec.nodeName".into(), value: value.into(), equal }];
            let request = Attributes { verb: "watch", group, resource, fields: &fields, ..Attributes::default() };
            assert_eq!(decide("n1", &request, &[], &graph).is_ok(), allowed, "{resource} {value} {equal}");
        }
    }
}

#[test]
fn a_node_is_who_is_called_so_and_is_in_the_group() {
    let (nodes, others) = (["system:nodes".to_owned()], ["people".to_owned()]);
    assert_eq!(node_name("system:node:n1", &nodes), Some("n1"));
    assert_eq!(node_name("system:node:n1", &others), None);
    assert_eq!(node_name("n1", &nodes), None);
    let anything = Attributes { verb: "create", resource: "nodes", ..Attributes::default() };
    assert!(decide("", &anything, &[], &Graph::default()).is_err());
}
