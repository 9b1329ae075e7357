//! The node's metrics, under the kubelet's names where the kubelet has one.

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::{sync::Arc, time::Duration};

/// Where the milliseconds between the node's first sight of a pod and its first Running status go. (What comes before
/// is in the API server's metrics; the pod's own creation timestamp has whole seconds only.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Volumes,
    Sandbox,
    Network,
    Image,
    Container,
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Self::Volumes => "volumes",
            Self::Sandbox => "sandbox",
            Self::Network => "network",
            Self::Image => "image",
            Self::Container => "container",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PhaseLabel {
    phase: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabel {
    container_state: &'static str,
}

/// Handles on all metrics of one node; clones count into the same ones.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    pod_start: Histogram,
    pod_start_phase: Family<PhaseLabel, Histogram>,
    status_duration: Histogram,
    relist_duration: Histogram,
    relist_interval: Histogram,
    pub running_pods: Gauge,
    containers: Family<StateLabel, Gauge>,
}

/// From a tenth of a millisecond to two minutes, doubling.
fn durations() -> Histogram {
    Histogram::new(prometheus_client::metrics::histogram::exponential_buckets(0.0001, 2.0, 21))
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let metrics = Self {
            registry: Arc::default(),
            pod_start: durations(),
            pod_start_phase: Family::new_with_constructor(durations),
            status_duration: durations(),
            relist_duration: durations(),
            relist_interval: durations(),
            running_pods: Gauge::default(),
            containers: Family::default(),
        };
        registry.register(
            "kubelet_pod_start_duration_seconds",
            "Seconds from the node's first sight of a pod until it is known to run",
            metrics.pod_start.clone(),
        );
        registry.register(
            "minke_pod_start_phase_duration_seconds",
            "Seconds that each phase of a pod's start took",
            metrics.pod_start_phase.clone(),
        );
        registry.register(
            "kubelet_pod_status_sync_duration_seconds",
            "Seconds to write a pod's status",
            metrics.status_duration.clone(),
        );
        registry.register(
            "kubelet_pleg_relist_duration_seconds",
            "Seconds a relist of the PLEG took",
            metrics.relist_duration.clone(),
        );
        registry.register(
            "kubelet_pleg_relist_interval_seconds",
            "Seconds between two relists of the PLEG",
            metrics.relist_interval.clone(),
        );
        registry.register("kubelet_running_pods", "Pods with a running sandbox", metrics.running_pods.clone());
        registry.register("kubelet_running_containers", "Containers by state", metrics.containers.clone());
        Self { registry: Arc::new(registry), ..metrics }
    }
}

impl Metrics {
    pub fn pod_started(&self, since_seen: Duration) {
        self.pod_start.observe(since_seen.as_secs_f64());
    }

    pub fn phase(&self, phase: Phase, took: Duration) {
        self.pod_start_phase.get_or_create(&PhaseLabel { phase: phase.name() }).observe(took.as_secs_f64());
    }

    pub fn status_written(&self, took: Duration) {
        self.status_duration.observe(took.as_secs_f64());
    }

    pub fn relisted(&self, took: Duration, since_last: Duration) {
        self.relist_duration.observe(took.as_secs_f64());
        self.relist_interval.observe(since_last.as_secs_f64());
    }

    /// How many containers are running, and how many have ended and are kept.
    pub fn set_containers(&self, running: i64, exited: i64) {
        self.containers.get_or_create(&StateLabel { container_state: "running" }).set(running);
        self.containers.get_or_create(&StateLabel { container_state: "exited" }).set(exited);
    }

    /// All metrics in the `OpenMetrics` text format.
    pub fn render(&self) -> String {
        let mut output = String::new();
        if let Err(error) = text::encode(&mut output, &self.registry) {
            tracing::warn!(%error, "cannot render metrics");
        }
        output
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_carry_the_kubelets_names() {
        let metrics = Metrics::default();
        metrics.pod_started(Duration::from_millis(12));
        metrics.phase(Phase::Sandbox, Duration::from_millis(2));
        metrics.running_pods.set(3);
        metrics.set_containers(4, 1);
        let text = metrics.render();
        for line in [
            "kubelet_pod_start_duration_seconds_count 1",
            "minke_pod_start_phase_duration_seconds_count{phase=\"sandbox\"} 1",
            "kubelet_running_pods 3",
            "kubelet_running_containers{container_state=\"exited\"} 1",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
