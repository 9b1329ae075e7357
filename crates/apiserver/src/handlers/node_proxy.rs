//! GET of `nodes/{name}/proxy/…`: the node's own API, such as `/metrics`, `/healthz`, `/pods`, `/containerLogs/…`.

use super::{Answer, Call};
use crate::{
    action::Verb,
    body::{self, RequestBody},
    options::Version,
};
use api::status::Status;
use http::Request;

/// Passes a question on to the node, and its answer back.
pub async fn answer(call: &Call<'_>, _: RequestBody) -> Answer {
    if call.action.verb != Verb::Get {
        return Err(Status::method_not_allowed());
    }
    call.backend.registry.get(&call.action.target, &call.action.name, Version::MostRecent).await?;
    let path = format!("/{}?{}", call.action.rest, call.query.encoded());
    let request = Request::get(path).body(body::full("")).map_err(Status::internal)?;
    call.backend.ask_node(&call.action.name, request).await
}
