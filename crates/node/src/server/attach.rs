//! `/attach/{namespace}/{pod}/{container}`: the streams of a container's own process (pkg/kubelet/server/server.go,
//! `getAttach`).

use super::{
    Body, NodeService,
    logs::ended,
    remote_command::{Running, connect, program, standard_streams, wanted},
    route::InContainer,
};
use http::{HeaderMap, Response};
use hyper::upgrade::OnUpgrade;
use streaming::{
    Refusal,
    remote_command::{Outcome, Program, Wanted},
};

impl NodeService {
    pub(super) fn attach(
        &self,
        container: InContainer<'_>,
        headers: &HeaderMap,
        query: &str,
        upgrade: OnUpgrade,
    ) -> Result<Response<Body>, Refusal> {
        let (wanted, running) = (wanted(query)?, self.running(container)?);
        connect(headers, wanted, upgrade, move || start(running, wanted))
    }
}

async fn start(running: Running, wanted: Wanted) -> Result<Program, Outcome> {
    let Running { views, sandbox, id } = running;
    let failed = |error| Outcome::Failed(format!("error attaching to container: {error}"));
    let streams = sandbox.attach(&id, standard_streams(wanted)).await.map_err(failed)?;
    // Outputs end with the container, and then all of them has been read.
    let has_outputs = streams.stdout.is_some() || streams.stderr.is_some();
    let end = async move {
        if !has_outputs {
            ended(views, id).await;
        }
        Outcome::Success
    };
    Ok(program(streams, wanted, end))
}
