//! Responses.

use crate::{
    body::{ResponseBody, full},
    presentation::status_text,
};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body::Body;
use machinery::status::Status;
use std::collections::HashSet;

/// A JSON document.
pub fn json(code: u16, document: impl Into<Bytes>) -> Response<ResponseBody> {
    with_type(code, "application/json", document)
}

/// Plain text.
pub fn text(code: u16, text: impl Into<Bytes>) -> Response<ResponseBody> {
    with_type(code, "text/plain; charset=utf-8", text)
}

/// A document of some media type.
pub fn with_type(code: u16, media_type: &'static str, document: impl Into<Bytes>) -> Response<ResponseBody> {
    let mut response = Response::new(full(document));
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    response
}

/// A Status.
pub fn status(status: &Status) -> Response<ResponseBody> {
    json(status.code(), status_text(status))
}

/// A body that grows while it is sent.
pub fn stream(media_type: &'static str, body: ResponseBody) -> Response<ResponseBody> {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// The answer to HEAD: all headers of a GET, and nothing after them, which over HTTP/2 would be an error.
pub fn without_body(response: Response<ResponseBody>) -> Response<ResponseBody> {
    let (mut parts, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact() {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, full(Bytes::new()))
}

/// So many letters of warnings go into one answer before each is cut short
/// (`k8s.io/apiserver/pkg/endpoints/filters/warning.go`).
const ALL_WARNINGS: usize = 4096;
/// How many letters are left of each then.
const SHORT_WARNING: usize = 256;

/// Adds `Warning` headers (RFC 7234, section 5.5, with Kubernetes' code 299).
pub fn warn(response: &mut Response<ResponseBody>, warnings: &[String]) {
    for warning in bounded(warnings) {
        let quoted: String = warning.chars().filter(|letter| !letter.is_control()).flat_map(escape).collect();
        if let Ok(value) = HeaderValue::from_bytes(format!("299 - \"{quoted}\"").as_bytes()) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
}

/// Each warning once; where they are too many, cut short and as many as there is room for.
fn bounded(warnings: &[String]) -> Vec<String> {
    let mut known = HashSet::new();
    let once = warnings.iter().filter(|warning| known.insert(*warning));
    let once: Vec<&String> = once.collect();
    let letters = |text: &str| text.chars().count();
    if once.iter().map(|warning| letters(warning)).sum::<usize>() <= ALL_WARNINGS {
        return once.into_iter().cloned().collect();
    }
    let mut written = 0;
    let short = once.into_iter().map(|warning| warning.chars().take(SHORT_WARNING).collect::<String>());
    let fits = |warning: &String| {
        let room = written < ALL_WARNINGS;
        written += letters(warning);
        room
    };
    short.take_while(fits).collect()
}

fn escape(letter: char) -> impl Iterator<Item = char> {
    let escaped = matches!(letter, '"' | '\\').then_some('\\');
    escaped.into_iter().chain([letter])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_head_says_how_long_that_to_get_is() {
        let response = without_body(text(200, "ok"));
        assert_eq!(response.headers()[header::CONTENT_LENGTH], "2");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/plain; charset=utf-8");
        assert_eq!(response.body().size_hint().exact(), Some(0));
    }

    #[test]
    fn many_warnings_are_cut_short() {
        let twice = ["a".to_owned(), "a".to_owned(), "b".to_owned()];
        assert_eq!(bounded(&twice), ["a", "b"]);
        let long: Vec<_> = (0..20_000).map(|number| format!("{number:0>300}")).collect();
        let short = bounded(&long);
        assert_eq!(short.len(), ALL_WARNINGS / SHORT_WARNING);
        assert!(short.iter().all(|warning| warning.len() == SHORT_WARNING));
    }

    #[test]
    fn warnings_are_quoted() {
        let mut response = text(200, "");
        warn(&mut response, &["unknown field \"spec.x\"\n".to_string()]);
        assert_eq!(response.headers()[header::WARNING], r#"299 - "unknown field \"spec.x\"""#);
    }
}
