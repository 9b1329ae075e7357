//! The API server: HTTP in front of the store.
//!
//! A request is authenticated, read ([`request_info`]), authorized, and answered: resources by the generic
//! [`registry`], documents (discovery, `OpenAPI`, health) by [`documents`], logs by the node they are on.
//! [`ApiServer`] is a plain function from request to response; [`listener`] puts it behind TLS, [`local`] lets the
//! components of this process call it without a socket.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod authentication;
mod authorization;
mod body;
mod bootstrap;
mod cache;
mod dispatch;
mod documents;
mod error;
mod event_expiration;
mod impersonation;
mod kubeconfig;
mod listener;
mod local;
mod metrics;
mod negotiation;
mod node_connection;
mod options;
mod pki;
mod pod_logs;
mod presentation;
mod registry;
mod request_info;
mod resources;
mod response;
mod reviews;
mod user;

pub use body::{BoxError, RequestBody, ResponseBody};
pub use error::Error;
pub use kubeconfig::{render as render_kubeconfig, write as write_kubeconfig};
pub use listener::{Listener, bind};
pub use local::Local;
pub use pki::{KeyedCertificate, Pki};
pub use user::User;

use api::catalog::Catalog;
use cache::Cache;
use http_body_util::BodyExt;
use metrics::Metrics;
use registry::Registry;
use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, PoisonError, RwLock},
};
use store::Store;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower::{ServiceExt, util::BoxCloneSyncService};

/// The node's own API (the kubelet's paths), in this process.
pub type NodeService = BoxCloneSyncService<http::Request<RequestBody>, http::Response<ResponseBody>, Infallible>;

/// A node's `tower` service in the form that the server keeps.
pub fn node_service<S, B>(service: S) -> NodeService
where
    S: tower::Service<http::Request<RequestBody>, Response = http::Response<B>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let service = service.map_response(|response| response.map(|body| body.map_err(Into::into).boxed_unsync()));
    BoxCloneSyncService::new(service)
}

/// The API server.
pub struct ApiServer {
    registry: Registry,
    /// What is served now; swapped whole when kinds come or go.
    catalog: watch::Sender<Arc<Catalog>>,
    nodes: RwLock<HashMap<String, NodeService>>,
    metrics: Metrics,
    /// Ends watches when the server stops.
    shutdown: CancellationToken,
}

impl ApiServer {
    /// An API server over a store; it sees to it that the objects every cluster has are there.
    pub async fn start(
        store: Arc<dyn Store>,
        catalog: Catalog,
        shutdown: CancellationToken,
    ) -> Result<Arc<Self>, Error> {
        let cache = Cache::start(Arc::clone(&store)).await?;
        let registry = Registry::new(store, cache);
        bootstrap::create_system_namespaces(&registry).await?;
        let catalog = watch::Sender::new(Arc::new(catalog));
        let (nodes, metrics) = (RwLock::default(), Metrics::default());
        let this = Arc::new(Self { registry, catalog, nodes, metrics, shutdown });
        tokio::spawn(event_expiration::expire_events(Arc::downgrade(&this)));
        Ok(this)
    }

    /// The kinds that are served at this moment.
    pub fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.borrow())
    }

    /// Puts another catalog in the place of the one that is served; requests under way end with theirs.
    pub fn change_catalog(&self, change: impl FnOnce(&Catalog) -> Catalog) {
        self.catalog.send_modify(|catalog| *catalog = Arc::new(change(catalog)));
    }

    /// Makes a node of this process reachable for logs.
    pub fn register_node(&self, name: &str, service: NodeService) {
        self.nodes.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_string(), service);
    }

    fn node(&self, name: &str) -> Option<NodeService> {
        self.nodes.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Shows the figures of another component of this process beside its own.
    pub fn add_metrics(&self, registry: Arc<prometheus_client::registry::Registry>) {
        self.metrics.add(registry);
    }

    /// A transport for clients in this process that act as `user`.
    pub fn local(self: &Arc<Self>, user: User) -> Local {
        Local::new(Arc::clone(self), user)
    }
}
