use super::*;
use crate::listing::News;
use serde_json::{Value, json};
use std::time::Duration;

/// A scheduler with one node of 4 CPUs, and a clock.
struct Bench {
    scheduler: Scheduler,
    now: Instant,
}

impl Bench {
    fn new() -> Self {
        let mut bench = Self { scheduler: Scheduler::new(crate::DEFAULT_NAME), now: Instant::now() };
        bench.node("n", &json!({}));
        bench
    }

    fn node(&mut self, name: &str, spec: &Value) {
        let status = json!({ "allocatable": { "cpu": "4", "memory": "8Gi", "pods": "110" } });
        let node = json!({ "metadata": { "name": name }, "spec": spec, "status": status });
        self.scheduler.node_applied(&serde_json::from_value(node).unwrap(), self.now);
    }

    fn apply(&mut self, pod: &Value) {
        self.scheduler.pod_applied(serde_json::from_value(pod.clone()).unwrap(), self.now);
    }

    /// All decisions that are due: `name -> node`, `name: rejected` or `name: gated`.
    fn decisions(&mut self) -> Vec<String> {
        let mut decide = || self.scheduler.next(self.now, &mut |_| 0);
        std::iter::from_fn(|| decide().map(|decision| describe(&decision))).collect()
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }
}

fn describe(decision: &Decision) -> String {
    let name = |pod: &Pod| pod.metadata.name.clone().unwrap_or_default();
    match decision {
        Decision::Bind { pod, node } => format!("{} -> {node}", name(pod)),
        Decision::BindVolumes { pod, node, .. } => format!("{}: volumes on {node}", name(pod)),
        Decision::Fail { pod, message } => format!("{}: {message}", name(pod)),
        Decision::Reject { pod, .. } => format!("{}: rejected", name(pod)),
        Decision::Gate { pod } => format!("{}: gated", name(pod)),
    }
}

fn pod(name: &str, cpu: &str) -> Value {
    let container = json!({ "name": "c", "resources": { "requests": { "cpu": cpu } } });
    json!({ "metadata": { "name": name, "uid": name }, "spec": { "containers": [container] } })
}

fn on(mut pod: Value, node: &str) -> Value {
    pod["spec"]["nodeName"] = node.into();
    pod
}

#[test]
fn a_burst_does_not_get_more_than_there_is() {
    let mut bench = Bench::new();
    for name in ["a", "b", "c", "d", "e"] {
        bench.apply(&pod(name, "1"));
    }
    assert_eq!(bench.decisions(), ["a -> n", "b -> n", "c -> n", "d -> n", "e: rejected"]);
    // The watch confirms what was assumed: that changes nothing.
    bench.apply(&on(pod("a", "1"), "n"));
    bench.wait(60);
    assert!(bench.decisions().is_empty());
}

#[test]
fn a_pod_that_is_deleted_while_it_is_bound_holds_no_room() {
    let mut bench = Bench::new();
    bench.apply(&pod("a", "3"));
    bench.apply(&pod("b", "3"));
    assert_eq!(bench.decisions(), ["a -> n", "b: rejected"]);
    bench.wait(60);
    let mut deleted = pod("a", "3");
    deleted["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    bench.apply(&deleted);
    bench.scheduler.binding_failed("a", bench.now);
    assert_eq!(bench.decisions(), ["b -> n"]);
}

type Change = fn(&mut Bench, Value);

#[test]
fn room_that_becomes_free_goes_to_those_that_wait() {
    let finished = |mut pod: Value| {
        pod["status"] = json!({ "phase": "Succeeded" });
        pod
    };
    let changes: [(&str, Change); 4] = [
        ("a pod is deleted", |bench, _| bench.scheduler.pod_gone("a", bench.now)),
        ("a pod ends", |bench, finished| bench.apply(&finished)),
        ("a node comes", |bench, _| bench.node("m", &json!({}))),
        ("a pod was missed in the watch and is not in the new list", |bench, _| {
            bench.scheduler.keep_pods(&["b".to_owned()].into(), bench.now);
        }),
    ];
    for (name, change) in changes {
        let mut bench = Bench::new();
        bench.apply(&on(pod("a", "3"), "n"));
        bench.apply(&pod("b", "2"));
        assert_eq!(bench.decisions(), ["b: rejected"], "{name}");
        bench.wait(60);
        change(&mut bench, finished(on(pod("a", "3"), "n")));
        let decisions = bench.decisions();
        assert!(decisions == ["b -> n"] || decisions == ["b -> m"], "{name}: {decisions:?}");
    }
}

#[test]
fn changes_that_do_not_help_wake_nobody() {
    let mut bench = Bench::new();
    bench.apply(&on(pod("a", "1"), "n"));
    bench.apply(&on(pod("b", "3"), "n"));
    bench.apply(&pod("c", "3"));
    assert_eq!(bench.decisions(), ["c: rejected"]);
    bench.wait(60);
    bench.scheduler.pod_gone("a", bench.now);
    bench.node("m", &json!({ "unschedulable": true }));
    assert!(bench.decisions().is_empty());
}

#[test]
fn a_node_that_becomes_ready_takes_the_pods_at_once() {
    let mut bench = Bench::new();
    bench.node("n", &json!({ "taints": [{ "key": "node.kubernetes.io/not-ready", "effect": "NoSchedule" }] }));
    bench.apply(&pod("a", "1"));
    assert_eq!(bench.decisions(), ["a: rejected"]);
    bench.node("n", &json!({}));
    assert_eq!(bench.decisions(), ["a -> n"]);
}

#[test]
fn a_failed_binding_gives_its_place_back_and_is_tried_again() {
    let mut bench = Bench::new();
    bench.apply(&pod("a", "3"));
    assert_eq!(bench.decisions(), ["a -> n"]);
    bench.apply(&pod("b", "3"));
    assert_eq!(bench.decisions(), ["b: rejected"]);
    bench.scheduler.binding_failed("a", bench.now);
    assert_eq!(bench.scheduler.next_wakeup(), Some(bench.now + Duration::from_secs(1)));
    assert_eq!(bench.decisions(), ["b -> n"]);
    bench.scheduler.pod_gone("b", bench.now);
    bench.wait(1);
    assert_eq!(bench.decisions(), ["a -> n"]);
}

#[test]
fn a_binding_that_only_seemed_to_fail_keeps_its_place() {
    let mut bench = Bench::new();
    bench.apply(&pod("a", "3"));
    assert_eq!(bench.decisions(), ["a -> n"]);
    bench.apply(&on(pod("a", "3"), "n"));
    bench.scheduler.binding_failed("a", bench.now);
    bench.apply(&pod("b", "3"));
    bench.wait(60);
    assert_eq!(bench.decisions(), ["b: rejected"]);
}

#[test]
fn pods_that_are_not_to_be_scheduled_are_left_alone() {
    let with = |field: &str, value: Value| {
        let mut other = pod("a", "1");
        other["spec"][field] = value;
        other
    };
    let mut deleted = pod("a", "1");
    deleted["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    let cases = [
        ("another scheduler's", with("schedulerName", "other".into()), vec![]),
        ("bound", with("nodeName", "n".into()), vec![]),
        ("being deleted", deleted, vec![]),
        ("gated", with("schedulingGates", json!([{ "name": "example.com/wait" }])), vec!["a: gated"]),
        ("ours by name", with("schedulerName", "default-scheduler".into()), vec!["a -> n"]),
    ];
    for (name, pod, expected) in cases {
        let mut bench = Bench::new();
        bench.apply(&pod);
        assert_eq!(bench.decisions(), expected, "{name}");
    }
}

#[test]
fn a_gone_node_is_not_chosen() {
    let mut bench = Bench::new();
    bench.scheduler.keep_nodes(&HashSet::new());
    bench.apply(&pod("a", "1"));
    assert_eq!(bench.decisions(), ["a: rejected"]);
}

fn with_claim(mut pod: Value) -> Value {
    pod["metadata"]["namespace"] = "s".into();
    pod["spec"]["volumes"] = json!([{ "name": "v", "persistentVolumeClaim": { "claimName": "c" } }]);
    pod
}

/// The claim of those pods, whose volume is made where the first of them goes.
fn claim(version: &str, annotations: &Value, volume: Option<&str>) -> PersistentVolumeClaim {
    let metadata = json!({ "name": "c", "namespace": "s", "uid": "c", "resourceVersion": version,
        "annotations": annotations });
    let spec = json!({ "storageClassName": "made", "volumeName": volume });
    serde_json::from_value(json!({ "metadata": metadata, "spec": spec })).unwrap()
}

impl Bench {
    fn claim_applied(&mut self, claim: PersistentVolumeClaim) {
        self.scheduler.storage_changed(StorageNews::Claims(News::Applied(claim)), self.now);
    }

    /// A pod waits for its volume to be made on the node.
    fn with_pod_that_waits_for_its_volume() -> Self {
        let mut bench = Self::new();
        let class = json!({ "metadata": { "name": "made" }, "provisioner": "example.com/maker",
            "volumeBindingMode": "WaitForFirstConsumer" });
        let class = News::Applied(serde_json::from_value(class).unwrap());
        bench.scheduler.storage_changed(StorageNews::Classes(class), bench.now);
        bench.claim_applied(claim("1", &json!({}), None));
        bench.apply(&with_claim(pod("a", "3")));
        let Some(Decision::BindVolumes { pod, .. }) = bench.scheduler.next(bench.now, &mut |_| 0) else {
            panic!("the claim has no volume");
        };
        let selected = claim("2", &json!({ "volume.kubernetes.io/selected-node": "n" }), None);
        let written = Reservation { provisioned: vec![Arc::new(selected)], ..Reservation::default() };
        bench.scheduler.volumes_written(pod, &written, bench.now);
        assert!(bench.decisions().is_empty());
        bench
    }
}

#[test]
fn a_pod_is_bound_when_its_volume_is() {
    let mut bench = Bench::with_pod_that_waits_for_its_volume();
    bench.claim_applied(claim("1", &json!({}), None));
    assert!(bench.decisions().is_empty(), "the watch comes behind what was written");
    let volume = json!({ "metadata": { "name": "v", "resourceVersion": "3" } });
    let volume = News::Applied(serde_json::from_value(volume).unwrap());
    bench.scheduler.storage_changed(StorageNews::Volumes(volume), bench.now);
    let complete = json!({ "volume.kubernetes.io/selected-node": "n", "pv.kubernetes.io/bind-completed": "yes" });
    bench.claim_applied(claim("4", &complete, Some("v")));
    assert_eq!(bench.decisions(), ["a -> n"]);
}

type Event = fn(&mut Bench);

#[test]
fn a_volume_that_does_not_come_frees_the_pods_place() {
    let failed = "running PreBind plugin \"VolumeBinding\": binding volumes: ";
    let changes: [(&str, Event); 2] = [
        ("provisioning failed for PVC \"c\"", |bench| bench.claim_applied(claim("3", &json!({}), None))),
        ("context deadline exceeded", |bench| bench.wait(600)),
    ];
    for (reason, change) in changes {
        let mut bench = Bench::with_pod_that_waits_for_its_volume();
        bench.apply(&pod("b", "3"));
        assert_eq!(bench.decisions(), ["b: rejected"]);
        change(&mut bench);
        assert_eq!(bench.decisions()[0], format!("a: {failed}{reason}"));
        bench.scheduler.binding_failed("a", bench.now);
        bench.scheduler.pod_gone("a", bench.now);
        bench.wait(10);
        assert_eq!(bench.decisions(), ["b -> n"]);
        assert_eq!(bench.scheduler.next_wakeup(), None);
    }
}

#[test]
fn what_was_reserved_for_a_pod_that_went_is_free() {
    let mut bench = Bench::with_pod_that_waits_for_its_volume();
    bench.scheduler.pod_gone("a", bench.now);
    assert_eq!(bench.scheduler.next_wakeup(), None);
    assert!(bench.scheduler.cache.snapshot().storage.reserved("a").is_none());
}
