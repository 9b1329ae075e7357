//! What exec and attach have in common: what the client asks for, which container that is, and the way from the request to
//! its streams (`pkg/kubelet/server/server.go`).

use super::{Body, NodeService, full, route::InContainer};
use crate::{pod::ContainerState, pod_workers::View};
use http::{HeaderMap, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use runtime::{Sandbox, StandardStreams};
use streaming::{
    Refusal,
    remote_command::{Outcome, Program, Wanted, accept, serve},
};
use tokio::sync::watch;

/// A container that runs.
pub(super) struct Running {
    pub views: watch::Receiver<View>,
    pub sandbox: Sandbox,
    /// The runtime's name of it.
    pub id: String,
}

impl NodeService {
    /// The container that is meant, as long as it runs.
    pub(super) fn running(&self, container: InContainer<'_>) -> Result<Running, Refusal> {
        let InContainer { namespace, pod, uid, container } = container;
        let views = self.find(namespace, pod, uid)?;
        let view = views.borrow().clone();
        let is_running = |state: &ContainerState| matches!(state, ContainerState::Running { .. });
        let mut records = view.observed.containers.iter().rev();
        let record = records.find(|record| record.name == container && is_running(&record.state));
        let missing =
            || Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, format!("container not found ({container:?})"));
        let (record, sandbox) = record.zip(view.sandbox).ok_or_else(missing)?;
        Ok(Running { views, sandbox, id: record.id.clone() })
    }
}

/// Answers a request for the streams of a program, which is started when the client has opened them.
pub(super) fn connect<F>(
    headers: &HeaderMap,
    wanted: Wanted,
    upgrade: OnUpgrade,
    start: impl FnOnce() -> F + Send + 'static,
) -> Result<Response<Body>, Refusal>
where
    F: Future<Output = Result<Program, Outcome>> + Send + 'static,
{
    let accepted = accept(headers)?;
    let protocol = accepted.protocol;
    tokio::spawn(async move {
        match upgrade.await {
            Ok(stream) => note(serve(protocol, TokioIo::new(stream), wanted, start).await),
            Err(error) => tracing::debug!(%error, "a connection did not become one of streams"),
        }
    });
    Ok(accepted.response.map(|()| full("")))
}

pub(super) fn note(ended: streaming::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a client's streams ended early");
    }
}

/// What the query of a request asks for (`NewOptions` of `k8s.io/cri-streaming/pkg/streaming/remotecommand`).
pub(super) fn wanted(query: &str) -> Result<Wanted, Refusal> {
    let wants = |name: &str| parameters(query, name).next().is_some_and(|value| value == "1");
    let tty = wants("tty");
    // A terminal has no standard error.
    let wanted = Wanted { stdin: wants("input"), stdout: wants("output"), stderr: wants("error") && !tty, tty };
    if wanted.stdin || wanted.stdout || wanted.stderr {
        return Ok(wanted);
    }
    Err(Refusal::new(StatusCode::BAD_REQUEST, "you must specify at least 1 of stdin, stdout, stderr"))
}

pub(super) fn standard_streams(wanted: Wanted) -> StandardStreams {
    StandardStreams { stdin: wanted.stdin, stdout: wanted.stdout, stderr: wanted.stderr }
}

/// The values of a query's parameter.
pub(super) fn parameters(query: &str, name: &str) -> impl Iterator<Item = String> {
    form_urlencoded::parse(query.as_bytes()).filter(move |(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The program's side of the runtime's streams.
pub(super) fn program(
    streams: runtime::Streams,
    wanted: Wanted,
    end: impl Future<Output = Outcome> + Send + 'static,
) -> Program {
    let runtime::Streams { stdin, stdout, stderr, terminal } = streams;
    let resize = terminal.map(|terminal| -> Box<dyn Fn(u16, u16) + Send> {
        Box::new(move |columns, rows| {
            // The program has ended, perhaps.
            let _ = terminal.resize(columns, rows);
        })
    });
    let stdin = stdin.filter(|_| wanted.stdin);
    Program { stdin, stdout, stderr, resize, ends_with_input: false, end: Box::pin(end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_says_what_is_wanted() {
        let wanted_is = |stdin, stdout, stderr, tty| Some(Wanted { stdin, stdout, stderr, tty });
        for (query, expected) in [
            ("input=1&output=1&error=1", wanted_is(true, true, true, false)),
            ("input=1&output=1&error=1&tty=1", wanted_is(true, true, false, true)),
            ("output=1&tty=true", wanted_is(false, true, false, false)),
            ("error=1&tty=1", None),
            ("command=input", None),
            ("", None),
        ] {
            assert_eq!(wanted(query).ok(), expected, "{query}");
        }
        let command: Vec<_> = parameters("command=sh&x=y&command=-c&command=echo+%26", "command").collect();
        assert_eq!(command, ["sh", "-c", "echo &"]);
    }
}
