//! Pods that have a node and wait there for their volumes.

use super::Decision;
use crate::{
    framework::Snapshot,
    plugins::volume_binding::{Progress, progress},
};
use k8s_openapi::api::core::v1::Pod;
use std::{
    collections::HashMap,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a pod waits for its volumes before another node is looked for (`bindTimeoutSeconds` of `VolumeBindingArgs`).
const TIMEOUT: Duration = Duration::from_mins(10);

/// By the pod's uid; with the end of the wait.
#[derive(Default)]
pub(super) struct Awaited(HashMap<String, (Arc<Pod>, Instant)>);

impl Awaited {
    pub(super) fn add(&mut self, pod: Arc<Pod>, now: Instant) {
        let uid = pod.metadata.uid.clone().unwrap_or_default();
        self.0.insert(uid, (pod, now + TIMEOUT));
    }

    pub(super) fn remove(&mut self, uid: &str) {
        self.0.remove(uid);
    }

    /// When the first of them has waited long enough.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.0.values().map(|(_, until)| *until).min()
    }

    /// One whose wait is over, and what is to be done about it.
    pub(super) fn settled(&mut self, cluster: &Snapshot, now: Instant) -> Option<Decision> {
        let decided = self.0.iter().find_map(|(uid, (pod, until))| {
            let decision = decide(uid, pod, *until <= now, cluster)?;
            Some((uid.clone(), decision))
        });
        let (uid, decision) = decided?;
        self.0.remove(&uid);
        Some(decision)
    }
}

fn decide(uid: &str, pod: &Arc<Pod>, late: bool, cluster: &Snapshot) -> Option<Decision> {
    let failed = |reason: &str| Some(Decision::Fail { pod: pod.clone(), message: failure(&reason) });
    let (name, reservation) = cluster.storage.reserved(uid)?;
    let Some(node) = cluster.nodes.get(name) else { return failed(&format!("node \"{name}\" not found")) };
    match progress(reservation, node, &cluster.storage) {
        Progress::Complete => Some(Decision::Bind { pod: pod.clone(), node: name.clone() }),
        Progress::Pending if late => failed("context deadline exceeded"),
        Progress::Pending => None,
        Progress::Failed(reason) => failed(&reason),
    }
}

/// What is said of a pod that comes to nothing because of its volumes.
pub(crate) fn failure(reason: &dyn fmt::Display) -> String {
    format!("running PreBind plugin \"VolumeBinding\": binding volumes: {reason}")
}
