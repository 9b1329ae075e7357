//! Controllers: each brings one thing in the cluster to what is wished, again and again. One module a controller and a
//! row in the table, all on one [`framework`].
//!
//! They are clients of the Kubernetes API and run against any Kubernetes.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod certificates;
mod cluster_role_aggregation;
mod error;
pub mod framework;
mod namespace;
mod root_ca;
mod service_account;

pub use error::Error;
pub use framework::{Authority, Clients, Metrics};
use framework::{Context, Row};

/// The controllers. A new one is a module and a row.
const CONTROLLERS: &[Row] = &[
    certificates::APPROVING,
    certificates::CLEANING,
    certificates::SIGNING,
    cluster_role_aggregation::ROW,
    namespace::ROW,
    root_ca::ROW,
    service_account::ROW,
];

/// Runs all controllers against the cluster behind `clients` until `shutdown` completes.
///
/// `authority` is what pods recognize the API server by, and what signs certificates.
pub async fn run(clients: Clients, authority: Authority, metrics: Metrics, shutdown: impl Future<Output = ()>) {
    tokio::select! {
        () = framework::run(CONTROLLERS, Context::new(clients, authority, metrics)) => {}
        () = shutdown => {}
    }
}

#[cfg(test)]
mod tests {
    use super::CONTROLLERS;
    use std::collections::BTreeSet;

    #[test]
    fn every_controller_has_a_name_of_its_own_as_kubernetes_names_them() {
        let names: BTreeSet<_> = CONTROLLERS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), CONTROLLERS.len());
        assert!(names.iter().all(|name| name.ends_with("-controller")), "{names:?}");
    }
}
