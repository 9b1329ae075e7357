//! What a request asks for, read from its method and path alone
//! (`k8s.io/apiserver/pkg/endpoints/request/requestinfo.go`).

use http::Method;
use std::borrow::Cow;

/// The verb, resource and names that a path stands for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestInfo {
    /// `get`, `list`, `watch`, `create`, … for resources; the lower-case HTTP method otherwise.
    pub verb: String,
    /// Empty for the core group and for paths that are not resources.
    pub group: String,
    /// Empty for paths that are not resources.
    pub version: String,
    /// Empty for cluster-scoped requests.
    pub namespace: String,
    /// The plural, such as `pods`; empty for paths that are not resources.
    pub resource: String,
    /// `status`, `log`, `binding`, …
    pub subresource: String,
    /// Empty for collections.
    pub name: String,
    /// What follows the subresource (`proxy/a/b`), as it came, without the leading slash.
    pub rest: String,
    /// The path as it came.
    pub path: String,
    /// What a list, watch or deletion of many is limited to, as it came. (The old paths with `watch` in them do not go
    /// by it.)
    pub field_selector: String,
}

impl RequestInfo {
    /// Whether the path names a resource (and not, say, `/version` or `/apis`).
    pub fn is_resource(&self) -> bool {
        !self.resource.is_empty()
    }
}

/// Reads method, path and query.
pub fn parse(method: &Method, path: &str, query: &str) -> RequestInfo {
    let mut info =
        RequestInfo { verb: method.as_str().to_ascii_lowercase(), path: path.to_string(), ..RequestInfo::default() };
    let decoded: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decode_segment).collect();
    let parts: Vec<&str> = decoded.iter().map(String::as_str).collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return info,
    };
    let (legacy_watch, rest) = match rest {
        ["watch", rest @ ..] if !rest.is_empty() => (true, rest),
        rest => (false, rest),
    };
    // `namespaces/x/pods` is about pods; `namespaces/x` and its subresources are about the namespace itself.
    let (namespace, resource_parts) = match rest {
        ["namespaces", _, "status" | "finalize", ..] | ["namespaces"] | ["namespaces", _] => {
            (rest.get(1).copied().unwrap_or(""), rest)
        }
        ["namespaces", namespace, rest @ ..] => (*namespace, rest),
        rest => ("", rest),
    };
    let Some(resource) = resource_parts.first() else { return info };
    let at = |index: usize| resource_parts.get(index).map(ToString::to_string).unwrap_or_default();
    info.group = group.to_string();
    info.version = version.to_string();
    info.namespace = namespace.to_string();
    info.resource = (*resource).to_string();
    info.name = at(1);
    info.subresource = at(2);
    info.rest = behind(path, parts.len() - resource_parts.len() + 3).to_string();
    info.verb = verb(method, &info.name, legacy_watch || (info.name.is_empty() && asks_to_watch(query))).to_string();
    if info.name.is_empty() && !legacy_watch {
        info.field_selector = parameter(query, "fieldSelector").unwrap_or_default().into_owned();
    }
    info
}

/// What stands behind so many segments.
fn behind(path: &str, segments: usize) -> &str {
    (0..segments).fold(path, |rest, _| rest.trim_start_matches('/').split_once('/').map_or("", |(_, rest)| rest))
}

fn verb(method: &Method, name: &str, watch: bool) -> &'static str {
    match *method {
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if name.is_empty() => "deletecollection",
        Method::DELETE => "delete",
        Method::GET | Method::HEAD if watch => "watch",
        Method::GET | Method::HEAD if name.is_empty() => "list",
        Method::GET | Method::HEAD => "get",
        _ => "unknown",
    }
}

fn asks_to_watch(query: &str) -> bool {
    parameter(query, "watch").is_some_and(|value| value != "0" && !value.eq_ignore_ascii_case("false"))
}

/// Of a parameter given twice, the first.
fn parameter<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value)
}

fn decode_segment(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// method, path with query -> verb, group/version, namespace, resource, name, subresource
    const CASES: &[(&str, &str, [&str; 6])] = &[
        ("GET", "/api/v1/pods", ["list", "/v1", "", "pods", "", ""]),
        ("GET", "/api/v1/namespaces/a/pods", ["list", "/v1", "a", "pods", "", ""]),
        ("GET", "/api/v1/namespaces/a/pods?watch=true", ["watch", "/v1", "a", "pods", "", ""]),
        ("GET", "/api/v1/namespaces/a/pods?watch=1", ["watch", "/v1", "a", "pods", "", ""]),
        ("GET", "/api/v1/namespaces/a/pods?watch=foo", ["watch", "/v1", "a", "pods", "", ""]),
        ("GET", "/api/v1/namespaces/a/pods?watch=false", ["list", "/v1", "a", "pods", "", ""]),
        ("GET", "/api/v1/watch/namespaces/a/pods", ["watch", "/v1", "a", "pods", "", ""]),
        ("GET", "/api/v1/namespaces/a/pods/b?watch=true", ["get", "/v1", "a", "pods", "b", ""]),
        ("GET", "/api/v1/watch/namespaces/a/pods/b", ["watch", "/v1", "a", "pods", "b", ""]),
        ("GET", "/api/v1/namespaces/a/pods/b", ["get", "/v1", "a", "pods", "b", ""]),
        ("GET", "/api/v1/namespaces/a/pods/b/log?follow=true", ["get", "/v1", "a", "pods", "b", "log"]),
        ("PUT", "/api/v1/namespaces/a/pods/b/status", ["update", "/v1", "a", "pods", "b", "status"]),
        ("POST", "/api/v1/namespaces/a/pods", ["create", "/v1", "a", "pods", "", ""]),
        ("POST", "/api/v1/namespaces/a/pods/b/binding", ["create", "/v1", "a", "pods", "b", "binding"]),
        ("DELETE", "/api/v1/namespaces/a/pods", ["deletecollection", "/v1", "a", "pods", "", ""]),
        ("DELETE", "/api/v1/namespaces/a/pods/b", ["delete", "/v1", "a", "pods", "b", ""]),
        ("GET", "/api/v1/namespaces", ["list", "/v1", "", "namespaces", "", ""]),
        ("GET", "/api/v1/namespaces/a", ["get", "/v1", "a", "namespaces", "a", ""]),
        ("PUT", "/api/v1/namespaces/a/finalize", ["update", "/v1", "a", "namespaces", "a", "finalize"]),
        ("PATCH", "/api/v1/nodes/n%3A1", ["patch", "/v1", "", "nodes", "n:1", ""]),
        ("GET", "/apis/apps/v1/namespaces/a/deployments/d/scale", ["get", "apps/v1", "a", "deployments", "d", "scale"]),
        ("GET", "/apis/apps/v1", ["get", "/", "", "", "", ""]),
        ("GET", "/api", ["get", "/", "", "", "", ""]),
        ("GET", "/version", ["get", "/", "", "", "", ""]),
    ];

    #[test]
    fn what_follows_the_subresource_stays_as_it_came() {
        for (path, rest) in [
            ("/api/v1/nodes/n/proxy", ""),
            ("/api/v1/nodes/n/proxy/", ""),
            ("/api/v1/nodes/n/proxy/a%2Fb/c%20d", "a%2Fb/c%20d"),
            ("/api/v1/nodes/n/proxy/logs/", "logs/"),
            ("//api/v1//nodes/n%3A1/proxy/a//b", "a//b"),
            ("/api/v1/namespaces/x/pods/p/proxy/a", "a"),
            ("/api/v1/nodes/n", ""),
            ("/api/v1/nodes", ""),
        ] {
            assert_eq!(parse(&Method::GET, path, "").rest, rest, "{path}");
        }
    }

    #[test]
    fn paths_say_what_is_asked_for() {
        for (method, path, expected) in CASES {
            let (path, query) = path.split_once('?').unwrap_or((path, ""));
            let info = parse(&method.parse().unwrap(), path, query);
            let group_version = format!("{}/{}", info.group, info.version);
            let got = [&info.verb, &group_version, &info.namespace, &info.resource, &info.name, &info.subresource];
            assert_eq!(&got.map(String::as_str), expected, "{method} {path}");
        }
    }
}
