//! Upstream's cases for `printPod`: spec and status, and what stands under READY, STATUS and RESTARTS.

use super::row;
use serde_json::{Value, json};

/// Spec with so many containers.
fn containers(count: usize) -> Value {
    json!({"containers": vec![json!({}); count]})
}

fn running(restarts: i64) -> Value {
    json!({"ready": true, "restartCount": restarts, "state": {"running": {}}})
}

fn waiting(reason: &str, restarts: i64) -> Value {
    json!({"restartCount": restarts, "state": {"waiting": {"reason": reason}}})
}

fn terminated(fields: &Value) -> Value {
    json!({"restartCount": 3, "state": {"terminated": fields}})
}

/// A container that ended last at the time.
fn restarted(mut container: Value, at: &str) -> Value {
    container["lastState"] = json!({"terminated": {"finishedAt": at}});
    container
}

fn assert_row(spec: &Value, status: &Value, expected: [&str; 3]) {
    let row = row("", "pods", json!({"metadata": {"name": "p"}, "spec": spec, "status": status}));
    let found = ["Ready", "Status", "Restarts"].map(|column| row[column].as_str().unwrap_or_default().to_owned());
    assert_eq!(found, expected, "{spec} {status}");
}

#[test]
fn containers_tell_the_status() {
    let exit = |fields: Value| terminated(&fields);
    let ready = json!([{"type": "Ready", "status": "True"}]);
    let cases: Vec<(usize, Value, [&str; 3])> = vec![
        (2, json!({"phase": "Pending"}), ["0/2", "Pending", "0"]),
        (
            1,
            json!({"phase": "Pending", "containerStatuses": [waiting("ContainerCreating", 0)]}),
            ["0/1", "ContainerCreating", "0"],
        ),
        (
            2,
            json!({"phase": "podPhase", "containerStatuses": [running(3), {"restartCount": 3}]}),
            ["1/2", "podPhase", "6"],
        ),
        (
            2,
            json!({"phase": "podPhase", "containerStatuses": [waiting("ContainerWaitingReason", 3), running(3)]}),
            ["1/2", "ContainerWaitingReason", "6"],
        ),
        (
            2,
            json!({"phase": "podPhase", "containerStatuses": [exit(json!({"reason": "ContainerTerminatedReason"})), running(3)]}),
            ["1/2", "ContainerTerminatedReason", "6"],
        ),
        (
            2,
            json!({"phase": "podPhase", "containerStatuses": [exit(json!({"exitCode": 3})), running(3)]}),
            ["1/2", "ExitCode:3", "6"],
        ),
        (
            2,
            json!({"phase": "podPhase", "containerStatuses": [exit(json!({"signal": 9})), running(3)]}),
            ["1/2", "Signal:9", "6"],
        ),
        (2, json!({"phase": "podPhase", "containerStatuses": [running(3), running(3)]}), ["2/2", "podPhase", "6"]),
        (
            1,
            json!({"phase": "Running", "containerStatuses": [{"ready": false, "restartCount": 0, "state": {"running": {}}}]}),
            ["0/1", "Running", "0"],
        ),
        (
            1,
            json!({"phase": "Running", "containerStatuses": [waiting("CrashLoopBackOff", 7)]}),
            ["0/1", "CrashLoopBackOff", "7"],
        ),
        (
            1,
            json!({"phase": "Pending", "containerStatuses": [waiting("ImagePullBackOff", 0)]}),
            ["0/1", "ImagePullBackOff", "0"],
        ),
        (
            1,
            json!({"phase": "Pending", "containerStatuses": [waiting("ErrImageNeverPull", 0)]}),
            ["0/1", "ErrImageNeverPull", "0"],
        ),
        (
            1,
            json!({"phase": "Failed", "containerStatuses": [exit(json!({"reason": "OOMKilled", "exitCode": 137}))]}),
            ["0/1", "OOMKilled", "3"],
        ),
        (
            1,
            json!({"phase": "Failed", "containerStatuses": [exit(json!({"reason": "Error", "exitCode": 1}))]}),
            ["0/1", "Error", "3"],
        ),
        (
            1,
            json!({"phase": "Succeeded", "containerStatuses": [exit(json!({"reason": "Completed"}))]}),
            ["0/1", "Completed", "3"],
        ),
        (
            2,
            json!({"phase": "Running", "conditions": ready, "containerStatuses": [exit(json!({"reason": "Completed"})), running(0)]}),
            ["1/2", "Running", "3"],
        ),
        (
            2,
            json!({"phase": "Running", "containerStatuses": [exit(json!({"reason": "Completed"})), running(0)]}),
            ["1/2", "NotReady", "3"],
        ),
        (1, json!({"phase": "Failed", "reason": "Evicted"}), ["0/1", "Evicted", "0"]),
        (
            1,
            json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "reason": "SchedulingGated"}]}),
            ["0/1", "SchedulingGated", "0"],
        ),
        (
            1,
            json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "reason": "Unschedulable"}]}),
            ["0/1", "Pending", "0"],
        ),
        (0, json!({}), ["0/0", "", "0"]),
    ];
    for (count, status, expected) in cases {
        assert_row(&containers(count), &status, expected);
    }
}

#[test]
fn restarts_tell_when_the_last_was() {
    let cases: Vec<(Value, &str)> = vec![
        (json!([restarted(running(3), "2026-01-01T00:05:00Z")]), "3 (5m ago)"),
        (json!([restarted(running(0), "2026-01-01T00:05:00Z")]), "0"),
        (
            json!([restarted(running(3), "2026-01-01T00:05:00Z"), restarted(running(1), "2026-01-01T00:09:50Z")]),
            "4 (10s ago)",
        ),
        (json!([restarted(running(3), "2026-01-01T00:09:50Z"), running(1)]), "4 (10s ago)"),
        (json!([running(5)]), "5"),
    ];
    for (statuses, expected) in cases {
        let row = row("", "pods", json!({"spec": containers(2), "status": {"containerStatuses": statuses}}));
        assert_eq!(row["Restarts"], expected, "{statuses}");
    }
}

#[test]
fn init_containers_tell_how_far_the_pod_is() {
    let spec = json!({
        "initContainers": [{"name": "i"}, {"name": "j"}, {"name": "side", "restartPolicy": "Always"}],
        "containers": [{"name": "c"}],
    });
    let done = json!({"name": "i", "state": {"terminated": {"exitCode": 0}}});
    let second = |state: Value| json!({"name": "j", "restartCount": 2, "state": state});
    let side = |started: bool, ready: bool| json!({"name": "side", "restartCount": 1, "started": started, "ready": ready, "state": {"running": {}}});
    let initialized = json!([{"type": "Initialized", "status": "True"}]);
    let cases: Vec<(Value, [&str; 3])> = vec![
        (json!({"phase": "Pending"}), ["0/2", "Pending", "0"]),
        (
            json!({"phase": "Pending", "initContainerStatuses": [waiting("PodInitializing", 0)]}),
            ["0/2", "Init:0/3", "0"],
        ),
        (
            json!({"phase": "Pending", "initContainerStatuses": [{"name": "i", "state": {"running": {}}}]}),
            ["0/2", "Init:0/3", "0"],
        ),
        (
            json!({"phase": "Pending", "initContainerStatuses": [done, second(json!({"running": {}}))]}),
            ["0/2", "Init:1/3", "2"],
        ),
        (
            json!({"phase": "Pending", "initContainerStatuses": [done, second(json!({"waiting": {"reason": "PodInitializing"}}))]}),
            ["0/2", "Init:1/3", "2"],
        ),
        (
            json!({"phase": "Pending", "initContainerStatuses": [done, second(json!({"waiting": {"reason": "CrashLoopBackOff"}}))]}),
            ["0/2", "Init:CrashLoopBackOff", "2"],
        ),
        (
            json!({"phase": "Pending", "initContainerStatuses": [done, second(json!({"terminated": {"exitCode": 1, "reason": "Error"}}))]}),
            ["0/2", "Init:Error", "2"],
        ),
        (
            json!({"phase": "Pending", "initContainerStatuses": [done, second(json!({"terminated": {"exitCode": 3}}))]}),
            ["0/2", "Init:ExitCode:3", "2"],
        ),
        (
            json!({"phase": "Pending", "initContainerStatuses": [done, second(json!({"terminated": {"exitCode": 1, "signal": 9}}))]}),
            ["0/2", "Init:Signal:9", "2"],
        ),
        (
            json!({"phase": "Pending", "initContainerStatuses": [done, done, side(false, false)]}),
            ["0/2", "Init:2/3", "1"],
        ),
        (
            json!({"phase": "Pending", "initContainerStatuses": [done, done, side(true, false)]}),
            ["0/2", "Pending", "1"],
        ),
        (
            json!({"phase": "Running", "initContainerStatuses": [done, done, side(true, true)], "containerStatuses": [running(0)]}),
            ["2/2", "Running", "1"],
        ),
        (
            json!({"phase": "Running", "conditions": initialized, "initContainerStatuses": [done, second(json!({"running": {}}))], "containerStatuses": [running(4)]}),
            ["1/2", "Init:1/3", "4"],
        ),
    ];
    for (status, expected) in cases {
        assert_row(&spec, &status, expected);
    }
}

#[test]
fn a_pod_that_is_deleted_is_terminating_until_it_ended() {
    let cases = [
        (json!({"phase": "Running"}), "Terminating"),
        (json!({"phase": "Pending", "containerStatuses": [waiting("ContainerCreating", 0)]}), "Terminating"),
        (json!({"phase": "Running", "reason": "NodeLost"}), "Unknown"),
        (
            json!({"phase": "Succeeded", "containerStatuses": [terminated(&json!({"reason": "Completed"}))]}),
            "Completed",
        ),
        (json!({"phase": "Failed"}), "Failed"),
    ];
    for (status, expected) in cases {
        let metadata = json!({"name": "p", "deletionTimestamp": "2026-01-01T00:09:00Z"});
        let row = row("", "pods", json!({"metadata": metadata, "spec": containers(1), "status": status}));
        assert_eq!(row["Status"], expected, "{status}");
    }
}

#[test]
fn wide_columns_tell_where_the_pod_is() {
    let pod = json!({
        "metadata": {"name": "p"},
        "spec": {"containers": [{}], "nodeName": "n", "readinessGates": [{"conditionType": "a"}, {"conditionType": "b"}]},
        "status": {
            "phase": "Running",
            "podIPs": [{"ip": "10.0.0.1"}],
            "nominatedNodeName": "m",
            "conditions": [{"type": "a", "status": "True"}, {"type": "b", "status": "False"}],
        },
    });
    let expected = json!({
        "Name": "p", "Ready": "0/1", "Status": "Running", "Restarts": "0", "Age": "5m", "IP": "10.0.0.1",
        "Node": "n", "Nominated Node": "m", "Readiness Gates": "1/2",
    });
    assert_eq!(row("", "pods", pod), expected);
    let empty = row("", "pods", json!({"spec": containers(1)}));
    for column in ["IP", "Node", "Nominated Node", "Readiness Gates"] {
        assert_eq!(empty[column], "<none>");
    }
}
