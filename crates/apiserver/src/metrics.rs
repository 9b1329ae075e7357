//! Figures about requests, under Kubernetes' names (`k8s.io/apiserver/pkg/endpoints/metrics`).

use crate::request_info::RequestInfo;
use http::StatusCode;
use machinery::catalog::Catalog;
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

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
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

impl Labels {
    fn of(catalog: &Catalog, info: &RequestInfo) -> Self {
        let verb = verb(info);
        let Some(kind) = catalog.find(&info.group, &info.version, &info.resource) else {
            return Self { verb, ..Self::default() };
        };
        let subresource = kind.subresource(&info.subresource).map(|subresource| subresource.name.to_string());
        Self {
            verb,
            group: info.group.clone(),
            version: info.version.clone(),
            resource: info.resource.clone(),
            subresource: subresource.unwrap_or_default(),
        }
    }
}

/// Beside resources the verb is the method, and clients make up methods (`cleanVerb`).
fn verb(info: &RequestInfo) -> String {
    match info.verb.as_str() {
        "delete" | "get" | "head" | "options" | "patch" | "post" | "put" => info.verb.to_uppercase(),
        _ if info.is_resource() => info.verb.to_uppercase(),
        _ => "other".into(),
    }
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
    /// Counts a request. Only what the catalog serves becomes a label: of other names clients could make any number.
    pub fn observe(&self, catalog: &Catalog, info: &RequestInfo, code: StatusCode, took: Duration) {
        let labels = Labels::of(catalog, info);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request_info;
    use api::kinds::served_by_default;
    use http::Method;

    #[test]
    fn names_that_clients_make_up_are_no_labels() {
        let (catalog, metrics) = (served_by_default(), Metrics::default());
        let paths = [
            "/api/v1/namespaces/a/pods/b",
            "/api/v1/namespaces/a/pods/b/status",
            "/api/v1/namespaces/a/pods/b/made-up",
            "/apis/made.up/v1/made-ups/b",
            "/made-up",
        ];
        for path in paths {
            for code in [StatusCode::OK, StatusCode::FORBIDDEN, StatusCode::NOT_FOUND] {
                for method in [Method::GET, "MADE-UP".parse().unwrap(), "made".parse().unwrap()] {
                    let info = request_info::parse(&method, path, "");
                    metrics.observe(&catalog, &info, code, Duration::ZERO);
                }
            }
        }
        let text = metrics.render();
        assert!(!text.to_lowercase().contains("made"), "{text}");
        for labels in
            ["verb=\"other\"", "resource=\"pods\",subresource=\"\"", "resource=\"pods\",subresource=\"status\""]
        {
            assert!(text.contains(labels), "{text}");
        }
    }
}
