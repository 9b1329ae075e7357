//! GET of `pods/{name}/log`: found out which container is meant, asked of its node
//! (`pkg/registry/core/pod/strategy.go`, `LogLocation`).

use super::{Answer, Call, growing, pod_container};
use crate::{
    body,
    options::{Query, Version},
    response,
};
use api::kinds::POD_LOG_OPTIONS;
use http::Request;
use machinery::{
    field::{Error, ErrorList, Path},
    status::{Reason, Status},
};
use serde_json::Value;

/// Parameters that go to the node as they came.
const FORWARDED: [&str; 8] =
    ["follow", "previous", "sinceSeconds", "sinceTime", "timestamps", "tailLines", "limitBytes", "stream"];

/// Streams the log of one container.
pub async fn get(call: &Call<'_>) -> Answer {
    let Call { backend, query, action, .. } = call;
    let (pods, name) = (&action.target, &action.name);
    let errors = validate(query)?;
    if !errors.is_empty() {
        return Err(Status::invalid(&POD_LOG_OPTIONS, name, &errors));
    }
    let pod = backend.registry.get(pods, name, Version::MostRecent).await?.value();
    let container = pod_container::choose(&pod, name, query.text("container")).map_err(Status::bad_request)?;
    let node = pod.pointer("/spec/nodeName").and_then(Value::as_str).unwrap_or_default();
    if node.is_empty() {
        return Ok(response::text(200, ""));
    }
    let path = format!("/containerLogs/{}/{name}/{container}?{}", pods.namespace, forwarded(query));
    let request = Request::get(path).body(body::full("")).map_err(Status::internal)?;
    let answer = backend.ask_node(node, request).await?;
    if answer.status().is_success() {
        return Ok(growing::answer(call, "text/plain", answer.into_body()));
    }
    let code = answer.status().as_u16();
    let message = body::read(answer.into_body()).await?;
    let message = String::from_utf8_lossy(&message).trim().to_string();
    let reason = match code {
        400 => Reason::BadRequest,
        404 => Reason::NotFound,
        422 => Reason::Invalid,
        _ => Reason::InternalError,
    };
    Err(Status::from_server(code, reason, message))
}

/// What is wrong with the options (`pkg/apis/core/validation`, `ValidatePodLogOptions`).
fn validate(query: &Query) -> Result<ErrorList, Status> {
    let mut errors = ErrorList::new();
    let number = |name: &str| query.number(name);
    let too_small = |name: &str, value: i64, detail: &str| Error::invalid(&Path::new(name), value, detail);
    if let Some(lines) = number("tailLines")?.filter(|lines| *lines < 0) {
        errors.push(too_small("tailLines", lines, "must be greater than or equal to 0"));
    }
    if let Some(bytes) = number("limitBytes")?.filter(|bytes| *bytes < 1) {
        errors.push(too_small("limitBytes", bytes, "must be greater than 0"));
    }
    match number("sinceSeconds")? {
        Some(_) if !query.text("sinceTime").is_empty() => {
            let detail = "at most one of `sinceTime` or `sinceSeconds` may be specified";
            errors.push(Error::forbidden(&Path::new("[]"), detail));
        }
        Some(seconds) if seconds < 1 => errors.push(too_small("sinceSeconds", seconds, "must be greater than 0")),
        _ => {}
    }
    Ok(errors)
}

fn forwarded(query: &Query) -> String {
    let mut serializer = form_urlencoded::Serializer::new(String::new());
    for name in FORWARDED {
        if !query.text(name).is_empty() {
            serializer.append_pair(name, query.text(name));
        }
    }
    serializer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_in_bounds_and_one_of_a_kind() {
        for (query, expected) in [
            ("tailLines=0&limitBytes=1&sinceSeconds=1", vec![]),
            ("sinceTime=2026-01-01T00:00:00Z", vec![]),
            ("tailLines=-3", vec!["tailLines: Invalid value: -3: must be greater than or equal to 0"]),
            (
                "limitBytes=0&sinceSeconds=0",
                vec![
                    "limitBytes: Invalid value: 0: must be greater than 0",
                    "sinceSeconds: Invalid value: 0: must be greater than 0",
                ],
            ),
            (
                "sinceSeconds=0&sinceTime=2026-01-01T00:00:00Z",
                vec!["[]: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"],
            ),
        ] {
            let errors = validate(&Query::parse(query)).unwrap();
            assert_eq!(errors.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{query}");
        }
        assert_eq!(validate(&Query::parse("tailLines=x")).unwrap_err().code(), 400);
    }
}
