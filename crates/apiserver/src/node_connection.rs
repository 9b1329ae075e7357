//! Requests that a node answers: its logs, and whatever is asked of it through `nodes/{name}/proxy`.

use crate::{
    ApiServer, NodeService,
    body::{self, RequestBody, ResponseBody},
};
use api::status::Status;
use futures::{FutureExt, future::BoxFuture};
use http::{Request, Response};
use std::convert::Infallible;
use tower::ServiceExt;

impl ApiServer {
    /// What the node answers to a GET of `path_and_query` in its own API, the kubelet's.
    pub(crate) async fn ask_node(&self, node: &str, path_and_query: &str) -> Result<Response<ResponseBody>, Status> {
        let service = self.node(node).ok_or_else(|| Status::internal(format!("no connection to node {node:?}")))?;
        let request = Request::get(path_and_query).body(body::full("")).map_err(Status::internal)?;
        call(service, request).await.map_err(Status::internal)
    }
}

/// Boxed, so that the compiler sees that the answer does not borrow from the request.
fn call(
    service: NodeService,
    request: Request<RequestBody>,
) -> BoxFuture<'static, Result<Response<ResponseBody>, Infallible>> {
    service.oneshot(request).boxed()
}
