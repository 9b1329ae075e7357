//! What requests are answered from: the registry and the nodes.

use crate::{
    authentication::Authenticator,
    body::{RequestBody, ResponseBody},
    custom_resources::ServedKinds,
    nodes::Nodes,
    options::Version,
    registry::Registry,
    target::Target,
    watch_lines::WatchLines,
};
use api::kinds::NODE;
use http::{Request, Response};
use machinery::status::Status;
use std::sync::Arc;

/// What handlers work with.
pub struct Backend {
    pub registry: Arc<Registry>,
    pub authenticator: Authenticator,
    pub nodes: Nodes,
    pub watch_lines: Arc<WatchLines>,
    /// The kinds that are served.
    pub served: Arc<ServedKinds>,
}

impl Backend {
    /// What the node of that name answers to a request to its own API, the kubelet's.
    pub async fn ask_node(&self, name: &str, request: Request<RequestBody>) -> Result<Response<ResponseBody>, Status> {
        let node = if let Some(node) = self.nodes.in_process(name) {
            node
        } else {
            let object = self.registry.get(&Target::all(NODE), name, Version::MostRecent).await?;
            self.nodes.remote(name, &object.value()).map_err(Status::internal)?
        };
        node.ask(request).await.map_err(Status::internal)
    }
}
