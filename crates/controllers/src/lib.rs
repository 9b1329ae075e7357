//! Controllers: each brings one thing in the cluster to what is wished, again and again. One module a controller.
//!
//! They are clients of the Kubernetes API and run against any Kubernetes.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod backoff;
mod context;
mod error;
mod namespace;
mod root_ca;
mod service_account;

use kube::Client;

/// Runs all controllers against the cluster behind `client` until `shutdown` completes.
///
/// `root_ca` is the certificate (PEM) by which pods recognize the API server.
pub async fn run(client: Client, root_ca: String, shutdown: impl Future<Output = ()>) {
    tokio::select! {
        () = namespace::run(client.clone()) => {}
        () = service_account::run(client.clone()) => {}
        () = root_ca::run(client, root_ca) => {}
        () = shutdown => {}
    }
}
