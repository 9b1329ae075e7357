//! The node's own HTTP API, the kubelet's: logs, health, metrics, pods, ways into containers. The API server calls it in
//! process.

mod attach;
mod exec;
mod logs;
mod port_forward;
mod remote_command;
pub mod route;

use crate::{
    clock::Clock,
    directories::PodsDirectory,
    metrics::Metrics,
    node_status::NotReady,
    pod_workers::{PodWorkers, View},
};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use k8s_openapi::{List, api::core::v1::Pod};
use route::Route;
use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context as TaskContext, Poll},
};
use streaming::Refusal;
use tokio::sync::watch;

/// The body of an answer.
pub type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// A [`tower::Service`] for the kubelet's API. Cheap to clone. Whoever may call it must be allowed to by the caller's
/// own rules: the API server asks for `nodes/proxy`, `pods/log`, `pods/exec` and so on.
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
        Box::pin(std::future::ready(Ok(self.answer(request.map(drop)))))
    }
}

impl NodeService {
    fn answer(&self, mut request: Request<()>) -> Response<Body> {
        let upgrade = hyper::upgrade::on(&mut request);
        let (headers, query) = (request.headers(), request.uri().query().unwrap_or_default());
        match Route::of(request.method(), request.uri().path()) {
            Route::Healthz => self.healthz(),
            Route::Metrics => metrics(self.metrics.render()),
            Route::Pods => self.pods(),
            Route::ContainerLogs { namespace, pod, container } => self.container_logs(namespace, pod, container, query),
            Route::Exec(container) => self.exec(container, headers, query, upgrade).unwrap_or_else(refused),
            Route::Attach(container) => self.attach(container, headers, query, upgrade).unwrap_or_else(refused),
            Route::PortForward { namespace, pod, uid } => {
                self.port_forward((namespace, pod, uid), headers, query, upgrade).unwrap_or_else(refused)
            }
            Route::MethodNotAllowed => text(StatusCode::METHOD_NOT_ALLOWED, "405: Method Not Allowed"),
            Route::NotFound => text(StatusCode::NOT_FOUND, "404 page not found"),
        }
    }

    /// A pod that is there, and is the one that is meant.
    fn find(&self, namespace: &str, pod: &str, uid: &str) -> Result<watch::Receiver<View>, Refusal> {
        let views = self.workers.find(namespace, pod);
        let views = views.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "pod does not exist"))?;
        let is_meant = uid.is_empty() || views.borrow().pod.metadata.uid.as_deref() == Some(uid);
        if is_meant { Ok(views) } else { Err(Refusal::new(StatusCode::NOT_FOUND, "pod not found")) }
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

fn refused(refusal: Refusal) -> Response<Body> {
    let mut response = text(refusal.code, refusal.message);
    for (name, value) in refusal.headers {
        response.headers_mut().append(name, value);
    }
    response
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
