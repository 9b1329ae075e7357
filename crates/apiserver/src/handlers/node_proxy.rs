//! `nodes/{name}/proxy/…`: the node's own API, such as `/metrics`, `/healthz`, `/pods`, `/containerLogs/…`
//! (`pkg/registry/core/node/rest`).

use super::{Answer, Call};
use crate::{action::Verb, body::RequestBody, options::Version};
use http::{Method, Request, header};
use machinery::status::Status;

/// Passes a request on to the node, and its answer back.
pub async fn answer(call: &Call<'_>, body: RequestBody) -> Answer {
    let (backend, name) = (call.backend, &call.action.name);
    // Of nodes elsewhere the object is read anyway, to find them.
    if backend.nodes.in_process(name).is_some() {
        backend.registry.get(&call.action.target, name, Version::MostRecent).await?;
    }
    let path = format!("/{}?{}", call.action.rest, call.query.encoded());
    let mut request = Request::builder().method(method(call.action.verb)?).uri(path);
    if let Some(media_type) = call.headers.get(header::CONTENT_TYPE) {
        request = request.header(header::CONTENT_TYPE, media_type);
    }
    backend.ask_node(name, request.body(body).map_err(Status::internal)?).await
}

fn method(verb: Verb) -> Result<Method, Status> {
    match verb {
        Verb::Create => Ok(Method::POST),
        Verb::Delete => Ok(Method::DELETE),
        Verb::Get => Ok(Method::GET),
        Verb::Patch => Ok(Method::PATCH),
        Verb::Update => Ok(Method::PUT),
        Verb::DeleteCollection | Verb::List | Verb::Watch => Err(Status::method_not_allowed()),
    }
}
