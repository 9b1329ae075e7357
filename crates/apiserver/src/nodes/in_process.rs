//! A node of this process: a call, no socket.

use super::{Error, Node};
use crate::body::{BoxError, RequestBody, ResponseBody};
use futures::{FutureExt, TryFutureExt, future::BoxFuture};
use http::{Request, Response};
use http_body_util::BodyExt;
use std::convert::Infallible;
use tower::{ServiceExt, util::BoxCloneSyncService};

/// The node's own API (the kubelet's paths), in this process.
pub type NodeService = BoxCloneSyncService<Request<RequestBody>, Response<ResponseBody>, Infallible>;

/// A node's `tower` service in the form that the server keeps.
pub fn node_service<S, B>(service: S) -> NodeService
where
    S: tower::Service<Request<RequestBody>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let service = service.map_response(|response| response.map(|body| body.map_err(Into::into).boxed_unsync()));
    BoxCloneSyncService::new(service)
}

/// A node behind its service.
pub(super) struct InProcess(NodeService);

impl InProcess {
    pub fn new(service: NodeService) -> Self {
        Self(service)
    }
}

impl Node for InProcess {
    fn ask(&self, request: Request<RequestBody>) -> BoxFuture<'static, Result<Response<ResponseBody>, Error>> {
        self.0.clone().oneshot(request).map_err(|never| match never {}).boxed()
    }
}
