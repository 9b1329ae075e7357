//! `/containerLogs/{namespace}/{pod}/{container}` (pkg/kubelet/server/server.go, `getContainerLogs`).

use super::{Body, NodeService, respond, text};
use crate::{
    logs::{self, LogQuery, has_container, log_source},
    pod_workers::View,
};
use futures::StreamExt;
use http::{Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use tokio::sync::watch;
use tokio_stream::wrappers::ReceiverStream;

impl NodeService {
    pub(super) fn container_logs(&self, namespace: &str, pod: &str, container: &str, query: &str) -> Response<Body> {
        let query = match LogQuery::parse(query, self.clock.now()) {
            Ok(query) => query,
            Err(message) => return text(StatusCode::UNPROCESSABLE_ENTITY, message),
        };
        let Some(views) = self.workers.find(namespace, pod) else {
            return text(StatusCode::NOT_FOUND, format!("pod {pod:?} does not exist"));
        };
        let view = views.borrow().clone();
        if !has_container(&view.pod, container) {
            return text(StatusCode::NOT_FOUND, format!("container {container:?} not found in pod {pod:?}"));
        }
        let status = view.pod.status.clone().unwrap_or_default();
        let id = match log_source(pod, &status, container, query.previous) {
            Ok(id) => id,
            Err(message) => return text(StatusCode::BAD_REQUEST, message),
        };
        let Some(record) = view.container(&id) else {
            return text(StatusCode::OK, format!("unable to retrieve container logs for minke://{id}"));
        };
        let uid = view.pod.metadata.uid.as_deref().unwrap_or_default();
        let path = self.directory.pod(uid).log(container, record.attempt);
        let chunks = logs::read(path, query, ended(views, id));
        let frames = ReceiverStream::new(chunks).map(|chunk| chunk.map(Frame::data));
        respond(StatusCode::OK, "text/plain", StreamBody::new(frames).boxed_unsync())
    }
}

/// Completes when the container has ended.
pub(super) async fn ended(mut views: watch::Receiver<View>, id: String) {
    // An error means that the worker is gone, and with it all containers of the pod.
    let _ = views.wait_for(|view| view.has_ended(&id)).await;
}
