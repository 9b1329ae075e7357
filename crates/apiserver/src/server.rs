//! The API server and its parts.

use crate::{
    authentication::Authenticator,
    backend::Backend,
    bootstrap,
    cache::Cache,
    custom_resources::{self, ServedKinds},
    error::Error,
    event_expiration, handlers,
    kubernetes_service::{self, ServiceAddresses},
    metrics::Metrics,
    nodes::{NodeService, Nodes},
    registry::Registry,
    tokens::{TokenKeys, Tokens},
};
use machinery::catalog::Catalog;
use std::{net::SocketAddr, sync::Arc};
use store::Store;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The API server.
pub struct ApiServer {
    pub(crate) backend: Backend,
    pub(crate) metrics: Metrics,
    /// Told of each connection that ends.
    pub(crate) ended: Notify,
    /// Ends connections when the server stops.
    pub(crate) shutdown: CancellationToken,
}

impl ApiServer {
    /// An API server over a store; it sees to it that the objects every cluster has are there.
    pub async fn start(
        store: Arc<dyn Store>,
        catalog: Catalog,
        shutdown: CancellationToken,
    ) -> Result<Arc<Self>, Error> {
        let cache = Cache::start(Arc::clone(&store)).await?;
        let authenticator = Authenticator::new(Arc::clone(&cache));
        let registry = Arc::new(Registry::new(store, cache));
        bootstrap::put_right(&registry).await?;
        tokio::spawn(event_expiration::expire_events(Arc::downgrade(&registry), shutdown.clone()));
        let served = Arc::new(ServedKinds::new(catalog.serving(handlers::serves), shutdown.clone()));
        custom_resources::serve(&registry, Arc::clone(&served), shutdown.clone()).await?;
        let (nodes, watch_lines) = (Nodes::default(), Arc::default());
        let backend = Backend { registry, authenticator, nodes, watch_lines, served };
        Ok(Arc::new(Self { backend, metrics: Metrics::default(), ended: Notify::new(), shutdown }))
    }

    /// The kinds that are served at this moment.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.backend.served.catalog()
    }

    /// Puts another catalog in the place of the one that is served; requests under way end with theirs.
    pub fn change_catalog(&self, change: impl FnOnce(&Catalog) -> Catalog) {
        self.backend.served.change(change);
    }

    /// Waits until a connection ends, which gives much memory free. One caller at a time.
    pub async fn connection_ended(&self) {
        self.ended.notified().await;
    }

    /// Shows the figures of another component of this process beside its own.
    pub fn add_metrics(&self, registry: Arc<prometheus_client::registry::Registry>) {
        self.metrics.add(registry);
    }

    /// Keeps the Service `kubernetes`, by which pods find this server. When this returns it is there.
    pub async fn publish(&self, addresses: ServiceAddresses) -> Result<(), Error> {
        kubernetes_service::publish(&self.backend.registry, addresses, self.shutdown.clone()).await
    }

    /// Issues service account tokens that these keys sign, and believes those that they have signed; `address` is where
    /// others find the public keys. Without, there are no tokens.
    pub fn issue_tokens(&self, keys: TokenKeys, address: SocketAddr) {
        self.backend.authenticator.believe(Tokens::new(keys, address.to_string()));
    }

    /// Makes a node of this process reachable.
    pub fn register_node(&self, name: &str, service: NodeService) {
        self.backend.nodes.register(name, service);
    }

    /// Makes nodes elsewhere reachable: with the certificate that they are shown, and the authority whose nodes are
    /// believed.
    pub fn reach_nodes_with(&self, tls: rustls::ClientConfig) {
        self.backend.nodes.trust(tls);
    }
}
