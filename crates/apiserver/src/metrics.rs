//! Figures about requests, under Kubernetes' names (`k8s.io/apiserver/pkg/endpoints/metrics`).

use crate::request_info::RequestInfo;
use http::StatusCode;
use prometheus_client::{
    encoding::{
        EncodeLabelSet,
        text::{encode_eof, encode_registry},
    },
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};
use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

/// Upper bounds in seconds: Kubernetes' own, with finer ones below for a server that answers in fractions of a
/// millisecond.
const BUCKETS: [f64; 14] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    verb: String,
    group: String,
    version: String,
    resource: String,
    subresource: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabels {
    verb: String,
    group: String,
    version: String,
    resource: String,
    subresource: String,
    code: u16,
}

/// The API server's metrics.
pub struct Metrics {
    registry: Registry,
    requests: Family<CodeLabels, Counter>,
    durations: Family<Labels, Histogram, fn() -> Histogram>,
    /// Those of other components in this process.
    others: RwLock<Vec<Arc<Registry>>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let requests = Family::<CodeLabels, Counter>::default();
        let durations =
            Family::<Labels, Histogram, fn() -> Histogram>::new_with_constructor(|| Histogram::new(BUCKETS));
        let mut registry = Registry::default();
        registry.register("apiserver_request", "Requests by verb, resource and HTTP code", requests.clone());
        registry.register(
            "apiserver_request_duration_seconds",
            "Seconds until a request was answered; watches and logs do not count",
            durations.clone(),
        );
        Self { registry, requests, durations, others: RwLock::default() }
    }
}

impl Metrics {
    /// Counts a request.
    pub fn observe(&self, info: &RequestInfo, code: StatusCode, took: Duration) {
        // What no such resource was found for must not become a label: clients could make any number of them.
        if code == StatusCode::NOT_FOUND && info.name.is_empty() {
            return;
        }
        let (verb, resource) = (info.verb.to_uppercase(), info.resource.clone());
        let (group, version, subresource) = (info.group.clone(), info.version.clone(), info.subresource.clone());
        let labels = Labels { verb, group, version, resource, subresource };
        if !matches!(info.verb.as_str(), "watch") && info.subresource != "log" {
            self.durations.get_or_create(&labels).observe(took.as_secs_f64());
        }
        let Labels { verb, group, version, resource, subresource } = labels;
        let labels = CodeLabels { verb, group, version, resource, subresource, code: code.as_u16() };
        self.requests.get_or_create(&labels).inc();
    }

    /// Shows the figures of another component too.
    pub fn add(&self, registry: Arc<Registry>) {
        self.others.write().unwrap_or_else(PoisonError::into_inner).push(registry);
    }

    /// All figures as `OpenMetrics` text.
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode_registry(&mut text, &self.registry);
        for other in self.others.read().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = encode_registry(&mut text, other);
        }
        let _ = encode_eof(&mut text);
        text
    }
}
