//! Saying what has become of a pod: to the API server, in events, to those who look at the worker.

use super::{
    find::find_container,
    transitions::{container_events, pod_event},
    view::View,
};
use crate::{
    events::{EventType::Normal, Recorder},
    metrics::Metrics,
    naming::pod_reference,
    pod::{self, Observed},
    status_manager::StatusManager,
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, PodStatus};
use std::{net::IpAddr, sync::Arc};
use tokio::sync::watch;

/// What all pods of a node report through.
pub struct Reporter {
    pub status_manager: StatusManager,
    pub recorder: Recorder,
    pub metrics: Metrics,
    /// The node's addresses, the preferred one first.
    pub host_ips: Vec<IpAddr>,
}

/// What one pod has reported.
pub struct Report {
    pub view: watch::Sender<View>,
    was_running: bool,
}

impl Report {
    pub fn new(view: watch::Sender<View>, pod: &Pod) -> Self {
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        Self { view, was_running: phase.is_some_and(|phase| phase != "Pending") }
    }
}

impl Reporter {
    /// What the API shall say about the pod now.
    pub fn status(&self, pod: &Pod, observed: &Observed, now: Timestamp) -> PodStatus {
        let previous = pod.status.clone().unwrap_or_default();
        pod::status(pod, observed, &self.host_ips, &previous, now)
    }

    /// Writes the events that a new status calls for.
    pub fn tell(&self, report: &mut Report, pod: &Pod, observed: &Observed, new: &PodStatus, now: Timestamp) {
        let old = pod.status.clone().unwrap_or_default();
        for event in container_events(pod, &old, new) {
            if let Some((_, about)) = find_container(pod, &event.container) {
                self.recorder.record(about, event.type_, event.reason, event.message);
            }
        }
        if let Some((reason, message)) = pod_event(&old, new) {
            self.recorder.record(pod_reference(pod), Normal, reason, message);
        }
        if !report.was_running && new.phase.as_deref() == Some("Running") {
            report.was_running = true;
            if let Some(seen) = observed.start_time {
                self.metrics.pod_started(now.duration_since(seen).try_into().unwrap_or_default());
            }
        }
    }

    /// Says the last status and deletes the object, while `clean_up` goes on.
    pub async fn finish(&self, pod: &Arc<Pod>, status: PodStatus, clean_up: impl Future<Output = ()>) {
        self.status_manager.set(pod, status.clone());
        clean_up.await;
        self.status_manager.finish(pod, status).await;
    }
}
