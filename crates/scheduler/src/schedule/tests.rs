use super::*;
use placement::NodeInfo;
use serde_json::{Value, json};
use std::sync::Arc;

fn pod(spec: &Value) -> PodInfo {
    let mut spec = spec.clone();
    if spec["containers"].is_null() {
        spec["containers"] = json!([{ "name": "c" }]);
    }
    let pod = json!({ "metadata": { "name": "p" }, "spec": spec });
    PodInfo::new(Arc::new(serde_json::from_value(pod).unwrap()))
}

fn requesting(cpu: &str, memory: &str) -> Value {
    json!({ "containers": [{ "name": "c", "resources": { "requests": { "cpu": cpu, "memory": memory } } }] })
}

fn with_host_port(port: i32) -> Value {
    json!({ "containers": [{ "name": "c", "ports": [{ "containerPort": port, "hostPort": port }] }] })
}

/// A node with 4 CPUs, 8 Gi and room for 3 pods, changed by `spec`, with pods of these specs on it.
fn node(name: &str, spec: &Value, pods: &[Value]) -> NodeInfo {
    let node = json!({
        "metadata": { "name": name, "labels": { "name": name, "zone": "a" } },
        "spec": spec,
        "status": { "allocatable": { "cpu": "4", "memory": "8Gi", "pods": "3", "ephemeral-storage": "10Gi" } },
    });
    let mut node = NodeInfo::new(&serde_json::from_value(node).unwrap());
    for spec in pods {
        node.add(Arc::new(pod(spec)));
    }
    node
}

fn snapshot(nodes: impl IntoIterator<Item = NodeInfo>) -> Snapshot {
    nodes.into_iter().collect()
}

fn taint(effect: &str) -> Value {
    json!({ "taints": [{ "key": "node.kubernetes.io/not-ready", "effect": effect }] })
}

/// The node that the pod goes to.
fn node_for(pod: &PodInfo, cluster: &Snapshot, choose: Choose<'_>) -> Result<String, FitError> {
    schedule(pod, cluster, "", choose).map(|placement| placement.node.to_owned())
}

fn first(_: usize) -> usize {
    0
}

#[test]
fn a_pod_that_fits_nowhere_is_told_why_in_kubernetes_words() {
    let tolerant = json!({ "tolerations": [{ "operator": "Exists" }] });
    let plain = || node("n", &json!({}), &[]);
    let helpless = "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
    let victimless = "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.";
    let cases = [
        (json!({}), node("n", &json!({ "unschedulable": true }), &[]), "node(s) were unschedulable", helpless),
        (json!({}), node("n", &taint("NoSchedule"), &[]), "node(s) had untolerated taint(s)", helpless),
        (json!({}), node("n", &taint("NoExecute"), &[]), "node(s) had untolerated taint(s)", helpless),
        (
            json!({ "nodeSelector": { "zone": "b" } }),
            plain(),
            "node(s) didn't match Pod's node affinity/selector",
            helpless,
        ),
        (
            with_host_port(80),
            node("n", &json!({}), &[with_host_port(80)]),
            "node(s) didn't have free ports for the requested pod ports",
            victimless,
        ),
        (json!({}), node("n", &json!({}), &vec![json!({}); 3]), "Too many pods", victimless),
        (requesting("5", "1Gi"), plain(), "Insufficient cpu", helpless),
        (requesting("2", "1Gi"), node("n", &json!({}), &[requesting("3", "1Gi")]), "Insufficient cpu", victimless),
        (requesting("5", "9Gi"), plain(), "Insufficient cpu, 1 Insufficient memory", helpless),
        (
            json!({ "containers": [{ "name": "c", "resources": { "requests": { "example.com/gpu": "1" } } }] }),
            plain(),
            "Insufficient example.com/gpu",
            helpless,
        ),
        (
            json!({ "nodeSelector": { "zone": "b" }, "preemptionPolicy": "Never" }),
            plain(),
            "node(s) didn't match Pod's node affinity/selector",
            "preemption: not eligible due to preemptionPolicy=Never.",
        ),
    ];
    for (spec, node, reasons, preemption) in cases {
        let error = node_for(&pod(&spec), &snapshot([node]), &mut first).unwrap_err();
        let expected = format!("0/1 nodes are available: 1 {reasons}. no new claims to deallocate, {preemption}");
        assert_eq!(error.to_string(), expected);
    }
    let error = node_for(&pod(&tolerant), &Snapshot::default(), &mut first).unwrap_err();
    assert_eq!(error.to_string(), "no nodes available to schedule pods");
}

#[test]
fn reasons_are_counted_over_the_nodes() {
    let snapshot = snapshot([
        node("a", &taint("NoSchedule"), &[]),
        node("b", &json!({}), &[requesting("3", "1Gi")]),
        node("c", &json!({}), &[requesting("3", "8Gi")]),
    ]);
    let error = node_for(&pod(&requesting("2", "1Gi")), &snapshot, &mut first).unwrap_err();
    assert_eq!(
        error.to_string(),
        "0/3 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint(s), 2 Insufficient cpu. \
         no new claims to deallocate, preemption: 0/3 nodes are available: \
         1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod."
    );
}

#[test]
fn tolerations_open_tainted_and_unschedulable_nodes() {
    let tolerant = pod(&json!({ "tolerations": [{ "operator": "Exists" }] }));
    for spec in [taint("NoSchedule"), taint("NoExecute"), json!({ "unschedulable": true })] {
        assert_eq!(node_for(&tolerant, &snapshot([node("n", &spec, &[])]), &mut first), Ok("n".into()), "{spec}");
    }
}

#[test]
fn the_better_node_wins() {
    let prefers_b = json!({ "affinity": { "nodeAffinity": { "preferredDuringSchedulingIgnoredDuringExecution": [
        { "weight": 1, "preference": { "matchExpressions": [{ "key": "name", "operator": "In", "values": ["b"] }] } }
    ] } } });
    let cases = [
        (
            "the emptier one",
            requesting("1", "1Gi"),
            node("a", &json!({}), &[requesting("1", "2Gi")]),
            node("b", &json!({}), &[]),
        ),
        ("the preferred one", prefers_b, node("a", &json!({}), &[]), node("b", &json!({}), &[])),
        (
            "the one without a warning",
            json!({}),
            node("a", &taint("PreferNoSchedule"), &[]),
            node("b", &json!({}), &[]),
        ),
        (
            "the one that has not given away more than there can be",
            json!({ "containers": vec![json!({ "name": "c", "resources": { "requests": { "memory": "0" } } }); 41] }),
            node("a", &json!({}), &[requesting("9223372036854775807", "9223372036854775807")]),
            node("b", &json!({}), &[]),
        ),
        (
            "the one that stays balanced",
            requesting("1", "2Gi"),
            node("a", &json!({}), &[requesting("2", "0")]),
            node("b", &json!({}), &[requesting("1", "2Gi")]),
        ),
        (
            "pods that request nothing are spread too",
            json!({}),
            node("a", &json!({}), &[json!({})]),
            node("b", &json!({}), &[]),
        ),
    ];
    for (name, spec, a, b) in cases {
        assert_eq!(node_for(&pod(&spec), &snapshot([a, b]), &mut first), Ok("b".into()), "{name}");
    }
}

#[test]
fn equally_good_nodes_are_chosen_between() {
    let snapshot = snapshot(["a", "b", "c"].map(|name| node(name, &json!({}), &[])));
    for (choice, expected) in [(0, "a"), (1, "b"), (2, "c")] {
        let mut choose = |count| {
            assert_eq!(count, 3);
            choice
        };
        assert_eq!(node_for(&pod(&json!({})), &snapshot, &mut choose), Ok(expected.into()));
    }
}

#[test]
fn of_many_nodes_only_some_are_looked_at_and_the_next_pod_goes_on_behind_them() {
    let cluster: Snapshot = (0..200).map(|number| node(&format!("n{number:03}"), &json!({}), &[])).collect();
    let placement = schedule(&pod(&json!({})), &cluster, "n150", &mut |count| count - 1).unwrap();
    assert_eq!((placement.node, placement.next), ("n049", Some("n050")));
}
