//! `/portForward/{namespace}/{pod}`: connections to ports of a pod (pkg/kubelet/server/server.go, `getPortForward`).

use super::{
    Body, NodeService, full,
    remote_command::{note, parameters},
};
use futures::FutureExt;
use http::{HeaderMap, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use runtime::Sandbox;
use std::sync::Arc;
use streaming::{
    Refusal,
    port_forward::{Connect, Connection, accept, serve},
};

impl NodeService {
    pub(super) fn port_forward(
        &self,
        (namespace, pod, uid): (&str, &str, &str),
        headers: &HeaderMap,
        query: &str,
        upgrade: OnUpgrade,
    ) -> Result<Response<Body>, Refusal> {
        let ports: Vec<String> = parameters(query, "port").collect();
        let accepted = accept(headers, &ports)?;
        let sandbox = self.find(namespace, pod, uid)?.borrow().sandbox.clone();
        let missing =
            || Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, format!("failed to find sandbox of pod {pod:?}"));
        let sandbox = sandbox.ok_or_else(missing)?;
        let protocol = accepted.protocol;
        let connect = connect(sandbox, uid.to_owned());
        tokio::spawn(async move {
            match upgrade.await {
                Ok(stream) => note(serve(protocol, TokioIo::new(stream), connect).await),
                Err(error) => tracing::debug!(%error, "a connection did not become one of streams"),
            }
        });
        Ok(accepted.response.map(|()| full("")))
    }
}

fn connect(sandbox: Sandbox, uid: String) -> Connect {
    Arc::new(move |port| {
        let (sandbox, uid) = (sandbox.clone(), uid.clone());
        async move {
            let connected = sandbox.connect_tcp(port).await;
            let connected = connected.map(|stream| -> Box<dyn Connection> { Box::new(stream) });
            connected
                .map_err(|error| format!("error forwarding port {port} to pod {}, uid {uid}: {error}", sandbox.id()))
        }
        .boxed()
    })
}
