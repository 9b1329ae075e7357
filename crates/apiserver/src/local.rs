//! The transport of clients in the same process: a call, no socket.

use crate::{
    body::{BoxError, ResponseBody},
    server::ApiServer,
    user::User,
};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

/// A `tower` service for `kube::Client` whose calls are those of one user.
#[derive(Clone)]
pub struct Local {
    server: Arc<ApiServer>,
    user: Arc<User>,
}

impl ApiServer {
    /// A transport for clients in this process that act as `user`.
    pub fn local(self: &Arc<Self>, user: User) -> Local {
        Local { server: Arc::clone(self), user: Arc::new(user) }
    }
}

impl<B> tower::Service<Request<B>> for Local
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Self { server, user } = self.clone();
        let request = request.map(|body| body.map_err(Into::into).boxed_unsync());
        Box::pin(async move { Ok(server.handle(Some(&user), request).await) })
    }
}
