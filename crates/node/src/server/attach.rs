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
use k8s_openapi::api::core::v1::Pod;
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
        let goes_on = !ends_its_input(&running.views.borrow().pod, container.container);
        connect(headers, wanted, upgrade, move || start(running, wanted, goes_on))
    }
}

/// `goes_on`: the container reads on when the client has nothing more to say, who is let go of then, as by containerd.
async fn start(running: Running, wanted: Wanted, goes_on: bool) -> Result<Program, Outcome> {
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
    Ok(Program { ends_with_input: goes_on, ..program(streams, wanted, end) })
}

/// Whether the container's input ends with that of the first client, who hears the rest of what it has to say. A terminal
/// has no end.
fn ends_its_input(pod: &Pod, name: &str) -> bool {
    let Some(spec) = &pod.spec else { return false };
    let usual = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    let usual = usual.map(|one| (&one.name, one.stdin_once, one.tty));
    let ephemeral = spec.ephemeral_containers.iter().flatten().map(|one| (&one.name, one.stdin_once, one.tty));
    usual.chain(ephemeral).any(|(own, once, tty)| own == name && once == Some(true) && tty != Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_input_for_once_ends_unless_it_is_a_terminal() {
        for (container, expected) in [
            (json!({"name": "c", "stdin": true, "stdinOnce": true}), true),
            (json!({"name": "c", "stdin": true, "stdinOnce": true, "tty": true}), false),
            (json!({"name": "c", "stdin": true}), false),
            (json!({"name": "other", "stdin": true, "stdinOnce": true}), false),
        ] {
            for field in ["containers", "initContainers", "ephemeralContainers"] {
                let mut spec = json!({"containers": []});
                spec[field] = json!([container]);
                let pod: Pod = serde_json::from_value(json!({ "spec": spec })).unwrap();
                assert_eq!(ends_its_input(&pod, "c"), expected, "{field}: {container}");
            }
        }
    }
}
