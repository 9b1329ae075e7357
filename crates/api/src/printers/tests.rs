mod pods;

use crate::kinds;
use jiff::Timestamp;
use machinery::kind::Kind;
use serde_json::{Value, json};

const NOW: &str = "2026-01-01T00:10:00Z";
const FIVE_MINUTES_AGO: &str = "2026-01-01T00:05:00Z";

fn kind(group: &str, plural: &str) -> &'static Kind {
    kinds::all().iter().find(|kind| kind.group == group && kind.plural == plural).unwrap()
}

/// The cells under their columns' names.
fn row(group: &str, plural: &str, mut object: Value) -> Value {
    let kind = kind(group, plural);
    object["metadata"]["creationTimestamp"] = json!(FIVE_MINUTES_AGO);
    let now: Timestamp = NOW.parse().unwrap();
    kind.behaviour
        .printer
        .columns()
        .iter()
        .map(|column| column.name.to_owned())
        .zip(kind.behaviour.printer.cells(&object, now))
        .collect()
}

#[test]
fn every_kind_has_as_many_cells_as_columns() {
    for kind in kinds::all() {
        let now: Timestamp = NOW.parse().unwrap();
        assert_eq!(
            kind.behaviour.printer.columns().len(),
            kind.behaviour.printer.cells(&json!({}), now).len(),
            "{kind}"
        );
    }
}

#[test]
fn the_name_is_marked_in_every_table() {
    for kind in kinds::all() {
        assert_eq!(
            kind.behaviour.printer.columns().iter().filter(|column| column.format == "name").count(),
            1,
            "{kind}"
        );
    }
}

#[test]
fn nodes_tell_whether_they_take_pods() {
    let ready = |status: &str| json!({"conditions": [{"type": "Ready", "status": status}]});
    let cases = [
        (json!({"status": ready("True")}), "Ready"),
        (json!({"status": ready("False")}), "NotReady"),
        (json!({"status": ready("Unknown")}), "NotReady"),
        (json!({}), "Unknown"),
        (json!({"status": ready("True"), "spec": {"unschedulable": true}}), "Ready,SchedulingDisabled"),
    ];
    for (node, expected) in cases {
        assert_eq!(row("", "nodes", node.clone())["Status"], expected, "{node}");
    }
    let node = json!({
        "metadata": {"name": "n", "labels": {"node-role.kubernetes.io/worker": "", "kubernetes.io/role": "edge"}},
        "status": {
            "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}],
            "nodeInfo": {"kubeletVersion": "v1.37.0", "osImage": "Debian"},
        },
    });
    let row = row("", "nodes", node);
    let expected = json!({
        "Name": "n", "Status": "Unknown", "Roles": "edge,worker", "Age": "5m", "Version": "v1.37.0",
        "Internal-IP": "10.0.0.1", "External-IP": "<none>", "OS-Image": "Debian", "Kernel-Version": "<unknown>",
        "Container-Runtime": "<unknown>",
    });
    assert_eq!(row, expected);
}

#[test]
fn events_tell_when_and_about_what() {
    let event = json!({
        "metadata": {"name": "e"}, "type": "Warning", "reason": "BackOff", "message": " failing \n", "count": 3,
        "involvedObject": {"kind": "Pod", "name": "p", "fieldPath": "spec.containers{c}"},
        "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:09:00Z",
        "source": {"component": "kubelet", "host": "n"},
    });
    let expected = json!({
        "Last Seen": "60s", "Type": "Warning", "Reason": "BackOff", "Object": "pod/p",
        "Subobject": "spec.containers{c}", "Source": "kubelet, n", "Message": "failing", "First Seen": "10m",
        "Count": 3, "Name": "e",
    });
    assert_eq!(row("", "events", event), expected);
    let of_events_group = json!({
        "eventTime": "2026-01-01T00:08:00.000000Z", "note": "n", "regarding": {"kind": "Node", "name": "a"},
        "reportingController": "scheduler",
        "series": {"count": 4, "lastObservedTime": "2026-01-01T00:09:30.000000Z"},
    });
    let row = row("events.k8s.io", "events", of_events_group);
    assert_eq!((&row["Last Seen"], &row["First Seen"]), (&json!("30s"), &json!("2m")));
    assert_eq!((&row["Count"], &row["Object"], &row["Source"]), (&json!(4), &json!("node/a"), &json!("scheduler")));
}

/// Checks one cell each.
fn assert_cells(cases: &[(&str, &str, Value, &str, Value)]) {
    for (group, plural, object, column, expected) in cases {
        assert_eq!(row(group, plural, object.clone())[*column], *expected, "{plural} {column} {object}");
    }
}

#[test]
fn configuration_and_networks() {
    let cases = &[
        ("", "namespaces", json!({"status": {"phase": "Active"}}), "Status", json!("Active")),
        ("", "configmaps", json!({"data": {"a": "b"}, "binaryData": {"c": "", "d": ""}}), "Data", json!(3)),
        ("", "secrets", json!({"type": "Opaque", "data": {"a": ""}}), "Data", json!(1)),
        ("", "serviceaccounts", json!({}), "Secrets", json!(0)),
        ("coordination.k8s.io", "leases", json!({"spec": {"holderIdentity": "n"}}), "Holder", json!("n")),
        ("", "services", json!({"spec": {"clusterIP": "None"}}), "Cluster-IP", json!("None")),
        ("", "services", json!({"spec": {"type": "ClusterIP"}}), "External-IP", json!("<none>")),
        ("", "services", json!({"spec": {"type": "LoadBalancer"}}), "External-IP", json!("<pending>")),
        ("", "services", json!({"spec": {"type": "ExternalName", "externalName": "a.b"}}), "External-IP", json!("a.b")),
        (
            "",
            "services",
            json!({"spec": {"ports": [{"port": 80, "protocol": "TCP", "nodePort": 30000}, {"port": 53, "protocol": "UDP"}]}}),
            "Port(s)",
            json!("80:30000/TCP,53/UDP"),
        ),
        ("", "services", json!({"spec": {"selector": {"a": "b", "c": "d"}}}), "Selector", json!("a=b,c=d")),
        (
            "",
            "endpoints",
            json!({"subsets": [{"addresses": [{"ip": "1.1.1.1"}, {"ip": "1.1.1.2"}], "ports": [{"port": 80}, {"port": 81}]}]}),
            "Endpoints",
            json!("1.1.1.1:80,1.1.1.2:80,1.1.1.1:81 + 1 more..."),
        ),
        (
            "discovery.k8s.io",
            "endpointslices",
            json!({"ports": [{"port": 80}], "endpoints": [{"addresses": ["1.1.1.1"]}]}),
            "Endpoints",
            json!("1.1.1.1"),
        ),
        ("discovery.k8s.io", "endpointslices", json!({}), "Ports", json!("<unset>")),
    ];
    assert_cells(cases);
}

#[test]
fn workloads() {
    let template = json!({"spec": {"containers": [{"name": "a", "image": "i:1"}, {"name": "b", "image": "j"}]}});
    let workload = json!({
        "spec": {"replicas": 3, "template": template, "selector": {
            "matchLabels": {"b": "c"},
            "matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["y", "x"]}, {"key": "d", "operator": "Exists"}],
        }},
        "status": {"readyReplicas": 2, "updatedReplicas": 1, "availableReplicas": 2, "replicas": 3},
    });
    let job = |spec: Value, status: Value| json!({"spec": spec, "status": status});
    let done = json!([{"type": "Complete", "status": "True"}]);
    let cases = &[
        ("apps", "deployments", workload.clone(), "Ready", json!("2/3")),
        ("apps", "deployments", workload.clone(), "Up-to-date", json!(1)),
        ("apps", "deployments", workload.clone(), "Containers", json!("a,b")),
        ("apps", "deployments", workload.clone(), "Images", json!("i:1,j")),
        ("apps", "deployments", workload.clone(), "Selector", json!("a notin (x,y),b=c,d")),
        ("apps", "replicasets", workload.clone(), "Current", json!(3)),
        ("apps", "statefulsets", workload, "Ready", json!("2/3")),
        ("", "replicationcontrollers", json!({"spec": {"selector": {"a": "b"}}}), "Selector", json!("a=b")),
        ("apps", "daemonsets", json!({"status": {"numberAvailable": 2}}), "Available", json!(2)),
        ("batch", "jobs", job(json!({"completions": 2}), json!({"succeeded": 1})), "Completions", json!("1/2")),
        ("batch", "jobs", job(json!({"parallelism": 2}), json!({})), "Completions", json!("0/1 of 2")),
        ("batch", "jobs", job(json!({}), json!({"conditions": done})), "Status", json!("Complete")),
        ("batch", "jobs", job(json!({}), json!({})), "Status", json!("Running")),
        (
            "batch",
            "jobs",
            job(json!({}), json!({"startTime": "2026-01-01T00:00:00Z", "completionTime": "2026-01-01T00:00:07Z"})),
            "Duration",
            json!("7s"),
        ),
        ("batch", "cronjobs", json!({"spec": {"suspend": false}}), "Suspend", json!("False")),
        ("batch", "cronjobs", json!({}), "Last Schedule", json!("<none>")),
    ];
    assert_cells(cases);
}

#[test]
fn storage_and_rules() {
    let cases = &[
        (
            "",
            "persistentvolumeclaims",
            json!({"spec": {"volumeName": "v"}, "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"]}}),
            "Access Modes",
            json!("RWO"),
        ),
        (
            "",
            "persistentvolumes",
            json!({"spec": {"claimRef": {"namespace": "n", "name": "c"}}}),
            "Claim",
            json!("n/c"),
        ),
        (
            "storage.k8s.io",
            "storageclasses",
            json!({"metadata": {"name": "s", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}}),
            "Name",
            json!("s (default)"),
        ),
        (
            "networking.k8s.io",
            "ingresses",
            json!({"spec": {"rules": [{"host": "a"}, {"host": "b"}, {"host": "a"}], "tls": [{}]}}),
            "Hosts",
            json!("a,b"),
        ),
        ("networking.k8s.io", "networkpolicies", json!({"spec": {"podSelector": {}}}), "Pod-Selector", json!("<none>")),
        ("policy", "poddisruptionbudgets", json!({"spec": {"minAvailable": "50%"}}), "Min Available", json!("50%")),
        (
            "rbac.authorization.k8s.io",
            "rolebindings",
            json!({"roleRef": {"kind": "Role", "name": "r"}, "subjects": [{"kind": "ServiceAccount", "name": "s", "namespace": "n"}]}),
            "ServiceAccounts",
            json!("n/s"),
        ),
        ("rbac.authorization.k8s.io", "roles", json!({}), "Created At", json!(FIVE_MINUTES_AGO)),
        ("", "limitranges", json!({"metadata": {"name": "l"}}), "Name", json!("l")),
    ];
    assert_cells(cases);
}
