//! Pods that count, and what must not change about them.

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::PathBuf};
use tests::{Instance, Server, mounts_below, status};

/// Two containers that print 1, 2, 3 and so on, and end when they are asked to.
pub fn counting(name: &str) -> Value {
    let container = |name: &str| {
        json!({
            "name": name,
            "image": "busybox",
            "imagePullPolicy": "IfNotPresent",
            "command": ["sh", "-c", "trap 'exit 0' TERM; while :; do n=$((n + 1)); echo $n; sleep 0.05; done"],
        })
    };
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"terminationGracePeriodSeconds": 5, "containers": [container("first"), container("second")]},
    })
}

/// Creates the pod and waits until all its containers run.
pub fn run(server: &Server, pod: &Value) -> Result<Pod> {
    server.kubectl().run_with_input(&["create", "-f", "-"], &pod.to_string())?;
    server.wait_for_pod(pod["metadata"]["name"].as_str().context("no name")?, is_running)
}

/// What a pod and its containers are known by: it stays the same as long as nothing is started anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    uid: Option<String>,
    ip: Option<String>,
    /// Ids and restarts, by container.
    containers: BTreeMap<String, (Option<String>, i32)>,
}

impl Identity {
    pub fn of(pod: &Pod) -> Self {
        let containers = statuses(pod).iter().map(|status| {
            let identity = (status.container_id.clone(), status.restart_count);
            (status.name.clone(), identity)
        });
        let ip = pod.status.as_ref().and_then(|status| status.pod_ip.clone());
        Self { uid: pod.metadata.uid.clone(), ip, containers: containers.collect() }
    }
}

pub fn statuses(pod: &Pod) -> &[ContainerStatus] {
    pod.status.as_ref().and_then(|status| status.container_statuses.as_deref()).unwrap_or_default()
}

/// The node has said that all containers run.
pub fn is_running(pod: &Pod) -> bool {
    let mut containers = statuses(pod).iter();
    containers.len() > 0 && containers.all(|container| status::is_running(pod, &container.name))
}

/// Follows a container's log from its beginning up to a number; fails if a number before it is missing.
pub fn count_to(server: &Server, pod: &str, container: &str, last: u32) -> Result<()> {
    let mut log = server.kubectl().start(&["logs", "--follow", pod, "-c", container])?;
    for due in 1..=last {
        let line = log.wait_for("")?;
        ensure!(line == due.to_string(), "{pod}/{container} printed {line:?} where {due} was due");
    }
    Ok(())
}

/// How far a container has counted.
pub fn counted(server: &Server, pod: &str, container: &str) -> Result<u32> {
    let line = server.kubectl().run(&["logs", pod, "-c", container, "--tail=1"])?;
    line.trim().parse().with_context(|| format!("{pod}/{container} printed {line:?}"))
}

/// Nothing of any pod is on the machine.
pub fn assert_nothing_left(server: &Server) {
    let traces = Instance::of(server.data_dir()).traces();
    assert!(traces.folders.is_empty() && traces.cgroups.is_empty() && traces.supervisors == 0, "{traces:?}");
    assert_eq!(mounts_below(&server.data_dir().join("pods")), Vec::<PathBuf>::new());
}
