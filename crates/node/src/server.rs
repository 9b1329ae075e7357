//! The node's own HTTP API, the kubelet's: logs, health, metrics, pods. The API server calls it in process.

mod logs;
pub mod route;

use crate::{
    clock::Clock, directories::PodsDirectory, metrics::Metrics, node_status::NotReady, pod_workers::PodWorkers,
};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use k8s_openapi::{List, api::core::v1::Pod};
use route::Route;
use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context as TaskContext, Poll},
};
use tokio::sync::watch;

/// The body of an answer.
pub type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// A [`tower::Service`] for the kubelet's API. Cheap to clone. Whoever may call it must be allowed to by the caller's
/// own rules: the API server asks for `nodes/proxy` or `pods/log`.
#[derive(Clone)]
pub struct NodeService {
    pub(crate) workers: PodWorkers,
    pub(crate) directory: PodsDirectory,
    pub(crate) metrics: Metrics,
    pub(crate) health: watch::Receiver<NotReady>,
    pub(crate) clock: Clock,
}

impl<B: Send + 'static> tower::Service<Request<B>> for NodeService {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let answer = self.answer(request.method(), request.uri().path(), request.uri().query().unwrap_or_default());
        Box::pin(std::future::ready(Ok(answer)))
    }
}

impl NodeService {
    fn answer(&self, method: &Method, path: &str, query: &str) -> Response<Body> {
        match Route::of(method, path) {
            Route::Healthz => self.healthz(),
            Route::Metrics => metrics(self.metrics.render()),
            Route::Pods => self.pods(),
            Route::ContainerLogs { namespace, pod, container } => self.container_logs(namespace, pod, container, query),
            Route::MethodNotAllowed => text(StatusCode::METHOD_NOT_ALLOWED, "405: Method Not Allowed"),
            Route::NotFound => text(StatusCode::NOT_FOUND, "404 page not found"),
        }
    }

    fn healthz(&self) -> Response<Body> {
        match self.health.borrow().first() {
            None => text(StatusCode::OK, "ok"),
            Some(why) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("healthcheck failed: {why}")),
        }
    }

    fn pods(&self) -> Response<Body> {
        let items = self.workers.views().into_iter().map(|view| Pod::clone(&view.pod)).collect();
        match serde_json::to_vec(&List::<Pod> { items, ..List::default() }) {
            Ok(json) => respond(StatusCode::OK, "application/json", full(json)),
            Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        }
    }
}

fn metrics(rendered: String) -> Response<Body> {
    respond(StatusCode::OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", full(rendered))
}

fn text(status: StatusCode, message: impl Into<String>) -> Response<Body> {
    respond(status, "text/plain; charset=utf-8", full(message.into()))
}

fn full(content: impl Into<Bytes>) -> Body {
    Full::new(content.into()).map_err(|never| match never {}).boxed_unsync()
}

fn respond(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    response
}
