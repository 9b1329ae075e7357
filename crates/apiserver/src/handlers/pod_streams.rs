//! Ways into a pod: `exec`, `attach` and `portforward`, which become connections with streams between the client and the
//! pod's node (`pkg/registry/core/pod/rest/subresources.go`, `pkg/registry/core/pod/strategy.go`).

use super::{Answer, Call, pod_container};
use crate::{
    action::Verb,
    body,
    options::{Query, Version},
};
use http::{
    HeaderName, Method, Request,
    header::{
        CONNECTION, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use machinery::status::Status;
use serde_json::Value;

/// What of the client's request is about the streams, and goes to the node.
const FORWARDED: [HeaderName; 7] = [
    CONNECTION,
    UPGRADE,
    SEC_WEBSOCKET_EXTENSIONS,
    SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION,
    HeaderName::from_static("x-stream-protocol-version"),
];

/// What a client calls a stream, and what the node does.
const STREAMS: [(&str, &str); 4] = [("stdin", "input"), ("stdout", "output"), ("stderr", "error"), ("tty", "tty")];

/// Connects the client with the node, and takes no more part in it.
pub async fn connect(call: &Call<'_>) -> Answer {
    let (action, name) = (&call.action, &call.action.name);
    // A WebSocket begins with GET, a right that is given away more easily.
    call.authorize(Verb::Create).await?;
    let pod = call.backend.registry.get(&action.target, name, Version::MostRecent).await?.value();
    let path = location(action.part(), &pod, name, &action.target.namespace, &call.query)?;
    let node = pod.pointer("/spec/nodeName").and_then(Value::as_str).unwrap_or_default();
    if node.is_empty() {
        return Err(Status::bad_request(format!("pod {name} does not have a host assigned")));
    }
    let upgrade = call.upgrade.clone().filter(|_| streaming::is_upgrade(&call.headers));
    let upgrade = upgrade.ok_or_else(|| Status::bad_request("Upgrade request required"))?;
    let method = if action.verb == Verb::Create { Method::POST } else { Method::GET };
    let mut request = Request::builder().method(method).uri(path).body(body::full("")).map_err(Status::internal)?;
    for name in FORWARDED {
        for value in call.headers.get_all(&name) {
            request.headers_mut().append(&name, value.clone());
        }
    }
    request.extensions_mut().insert(upgrade);
    call.backend.ask_node(node, request).await
}

/// Where the node has it.
fn location(part: &str, pod: &Value, name: &str, namespace: &str, query: &Query) -> Result<String, Status> {
    let mut asked = form_urlencoded::Serializer::new(String::new());
    if part == "portforward" {
        asked.extend_pairs(query.all("ports").map(|port| ("port", port)));
        return Ok(format!("/portForward/{namespace}/{name}?{}", asked.finish()));
    }
    let container = pod_container::choose(pod, name, query.text("container")).map_err(Status::bad_request)?;
    for (ours, nodes) in STREAMS {
        if query.flag(ours) {
            asked.append_pair(nodes, "1");
        }
    }
    asked.extend_pairs(query.all("command").filter(|_| part == "exec").map(|word| ("command", word)));
    Ok(format!("/{part}/{namespace}/{name}/{container}?{}", asked.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_node_is_asked_in_its_own_words() {
        let pod = json!({"spec": {"containers": [{"name": "c"}]}});
        for (part, query, expected) in [
            (
                "exec",
                "command=sh&command=-c&command=a%26b&stdin=true&stdout=true",
                Ok("/exec/ns/p/c?input=1&output=1&command=sh&command=-c&command=a%26b"),
            ),
            (
                "exec",
                "container=c&stdout=1&stderr=false&tty=true&command=x&command=",
                Ok("/exec/ns/p/c?output=1&tty=1&command=x&command="),
            ),
            ("attach", "stdin=true&command=x&stderr=0", Ok("/attach/ns/p/c?input=1")),
            ("portforward", "ports=80&ports=443,8080", Ok("/portForward/ns/p?port=80&port=443%2C8080")),
            ("exec", "container=x", Err("container x is not valid for pod p")),
        ] {
            let got = location(part, &pod, "p", "ns", &Query::parse(query));
            assert_eq!(
                got.map_err(|status| status.to_string()),
                expected.map(str::to_owned).map_err(str::to_owned),
                "{part} {query}"
            );
        }
    }
}
