//! `/exec/{namespace}/{pod}/{container}`: a process in a container that runs (pkg/kubelet/server/server.go, `getExec`).

use super::{
    Body, NodeService,
    remote_command::{Running, connect, parameters, program, standard_streams, wanted},
    route::InContainer,
};
use http::{HeaderMap, Response};
use hyper::upgrade::OnUpgrade;
use runtime::ExecConfig;
use streaming::{
    Refusal,
    remote_command::{Outcome, Program, Wanted},
};

impl NodeService {
    pub(super) fn exec(
        &self,
        container: InContainer<'_>,
        headers: &HeaderMap,
        query: &str,
        upgrade: OnUpgrade,
    ) -> Result<Response<Body>, Refusal> {
        let (wanted, running) = (wanted(query)?, self.running(container)?);
        let command: Vec<String> = parameters(query, "command").collect();
        connect(headers, wanted, upgrade, move || start(running, command, wanted))
    }
}

async fn start(running: Running, command: Vec<String>, wanted: Wanted) -> Result<Program, Outcome> {
    let config = ExecConfig { arguments: command.clone(), terminal: wanted.tty, streams: standard_streams(wanted) };
    let failed = |error| Outcome::Failed(format!("error executing command in container: {error}"));
    let (mut process, streams) = running.sandbox.exec(&running.id, config).await.map_err(failed)?;
    let end = async move {
        match process.wait().await {
            Ok(code) => outcome(&command, code),
            Err(error) => failed(error),
        }
    };
    Ok(program(streams, wanted, end))
}

fn outcome(command: &[String], code: i32) -> Outcome {
    let message = format!("error executing command [{}], exit code {code}", command.join(" "));
    if code == 0 { Outcome::Success } else { Outcome::Exited { code, message } }
}
