//! Figures about controllers, under upstream's names (`k8s.io/component-base/metrics/prometheus/workqueue`).

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use std::{sync::Arc, time::Duration};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Name {
    name: &'static str,
}

type Durations = Family<Name, Histogram, fn() -> Histogram>;

/// The figures of all controllers; clones count into the same ones.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    depth: Family<Name, Gauge>,
    adds: Family<Name, Counter>,
    retries: Family<Name, Counter>,
    queue_duration: Durations,
    work_duration: Durations,
    restarts: Family<Name, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        let (depth, adds, retries, restarts) = <(_, Family<Name, Counter>, _, _)>::default();
        let durations = || Durations::new_with_constructor(|| Histogram::new(exponential_buckets(10e-6, 10.0, 8)));
        let (queue_duration, work_duration) = (durations(), durations());
        let mut registry = Registry::default();
        registry.register("workqueue_depth", "Keys that are ready to be looked at", Family::clone(&depth));
        registry.register("workqueue_adds", "Keys that were added", adds.clone());
        registry.register(
            "workqueue_retries",
            "Keys that are looked at again after a failure",
            Family::clone(&retries),
        );
        registry.register("workqueue_queue_duration_seconds", "Seconds that keys waited", queue_duration.clone());
        registry.register("workqueue_work_duration_seconds", "Seconds that keys were worked on", work_duration.clone());
        registry.register(
            "minke_controller_restarts",
            "Controllers started again after an end",
            Family::clone(&restarts),
        );
        Self { registry: Arc::new(registry), depth, adds, retries, queue_duration, work_duration, restarts }
    }
}

impl Metrics {
    /// All figures, to be shown where the program shows its own.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        self.registry.clone()
    }

    pub(super) fn of_queue(&self, name: &'static str) -> QueueMetrics {
        let name = Name { name };
        QueueMetrics {
            depth: self.depth.get_or_create(&name).clone(),
            adds: self.adds.get_or_create(&name).clone(),
            retries: self.retries.get_or_create(&name).clone(),
            queue_duration: self.queue_duration.get_or_create(&name).clone(),
            work_duration: self.work_duration.get_or_create(&name).clone(),
        }
    }

    pub(super) fn restarted(&self, name: &'static str) {
        self.restarts.get_or_create(&Name { name }).inc();
    }
}

/// The figures of one queue.
pub(super) struct QueueMetrics {
    depth: Gauge,
    adds: Counter,
    retries: Counter,
    queue_duration: Histogram,
    work_duration: Histogram,
}

impl QueueMetrics {
    pub(super) fn added(&self, count: usize, depth: usize) {
        self.adds.inc_by(count as u64);
        self.set_depth(depth);
    }

    pub(super) fn taken(&self, waited: Duration, depth: usize) {
        self.queue_duration.observe(waited.as_secs_f64());
        self.set_depth(depth);
    }

    pub(super) fn done(&self, took: Duration, depth: usize) {
        self.work_duration.observe(took.as_secs_f64());
        self.set_depth(depth);
    }

    pub(super) fn retried(&self) {
        self.retries.inc();
    }

    fn set_depth(&self, depth: usize) {
        self.depth.set(i64::try_from(depth).unwrap_or(i64::MAX));
    }
}
