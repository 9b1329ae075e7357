//! What is served beside resources: discovery, `OpenAPI`, version, health, metrics.

use crate::{
    body::{RequestBody, ResponseBody},
    negotiation::{self, OpenApiForm},
    options::Query,
    request_info::RequestInfo,
    response,
    server::ApiServer,
    tokens,
};
use http::{HeaderValue, Method, Request, Response, header};
use machinery::{catalog::Catalog, discovery, openapi, status::Status};
use serde_json::{Value, json};

/// The version of Kubernetes whose API this is.
const KUBERNETES: (&str, &str) = ("1", "37");

/// Answers a request that is not about a resource.
pub fn handle(
    server: &ApiServer,
    info: &RequestInfo,
    request: &Request<RequestBody>,
) -> Result<Response<ResponseBody>, Status> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Status::method_not_allowed());
    }
    let kinds = &server.catalog();
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let parts: Vec<&str> = info.path.split('/').filter(|part| !part.is_empty()).collect();
    let found = |document: Option<Value>| document.as_ref().map(document_response).ok_or_else(Status::no_such_resource);
    match parts.as_slice() {
        ["version"] => Ok(document_response(&version())),
        [check @ ("healthz" | "livez" | "readyz"), ..] => Ok(health(check, request)),
        ["metrics"] => Ok(response::with_type(
            200,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            server.metrics.render(),
        )),
        [root @ ("api" | "apis")] => match negotiation::aggregated_discovery(accept) {
            Some(version) => {
                Ok(response::with_type(200, aggregated_type(version), aggregated(kinds, root, version).to_string()))
            }
            None if *root == "api" => Ok(document_response(&discovery::api_versions(kinds))),
            None => Ok(document_response(&discovery::api_group_list(kinds))),
        },
        ["api", version] => found(discovery::api_resource_list(kinds, "", version)),
        ["apis", group] => found(discovery::api_group(kinds, group)),
        ["apis", group, version] => found(discovery::api_resource_list(kinds, group, version)),
        [".well-known", "openid-configuration"] => issuer(server),
        ["openid", "v1", "jwks"] => token_keys(server),
        ["openapi", "v2"] => openapi_v2(kinds, accept),
        ["openapi", "v3"] => Ok(document_response(&openapi::v3_index(kinds))),
        ["openapi", "v3", "api", version] => v3(kinds, "", version),
        ["openapi", "v3", "apis", group, version] => v3(kinds, group, version),
        [] => Ok(document_response(&json!({"paths": paths(kinds)}))),
        _ => Err(Status::no_such_resource()),
    }
}

/// How others recognize the tokens of this cluster.
fn issuer(server: &ApiServer) -> Result<Response<ResponseBody>, Status> {
    let issued = server.backend.authenticator.tokens().ok_or_else(Status::no_such_resource)?;
    Ok(cached(response::json(200, tokens::configuration(&issued.server).to_string())))
}

fn token_keys(server: &ApiServer) -> Result<Response<ResponseBody>, Status> {
    let issued = server.backend.authenticator.tokens().ok_or_else(Status::no_such_resource)?;
    let keys = tokens::key_set(&issued.keys).to_string();
    Ok(cached(response::with_type(200, "application/jwk-set+json", keys)))
}

/// Keys change seldom.
fn cached(mut response: Response<ResponseBody>) -> Response<ResponseBody> {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}

fn document_response(document: &Value) -> Response<ResponseBody> {
    response::json(200, document.to_string())
}

fn aggregated(served: &Catalog, root: &str, version: &str) -> Value {
    if root == "api" {
        discovery::aggregated_core(served, version)
    } else {
        discovery::aggregated_groups(served, version)
    }
}

fn aggregated_type(version: &str) -> &'static str {
    match version {
        "v2" => "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
        _ => "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
    }
}

fn v3(served: &Catalog, group: &str, version: &str) -> Result<Response<ResponseBody>, Status> {
    let document = openapi::v3(served, group, version).ok_or_else(Status::no_such_resource)?;
    Ok(response::json(200, document))
}

/// kubectl asks for version 2 as protobuf; it is made for each request, being asked for seldom.
fn openapi_v2(served: &Catalog, accept: &str) -> Result<Response<ResponseBody>, Status> {
    let [protobuf, _] = openapi::PROTOBUF_MEDIA_TYPES;
    match negotiation::openapi_v2(accept)? {
        OpenApiForm::Json => Ok(response::json(200, openapi::v2(served))),
        OpenApiForm::Protobuf => Ok(response::with_type(200, protobuf, openapi::v2_protobuf(served))),
    }
}

fn health(check: &str, request: &Request<RequestBody>) -> Response<ResponseBody> {
    let verbose = Query::parse(request.uri().query().unwrap_or_default()).flag("verbose");
    let text = format!("[+]ping ok\n[+]store ok\n{check} check passed\n");
    response::text(200, if verbose { text } else { "ok".into() })
}

fn version() -> Value {
    let (major, minor) = KUBERNETES;
    json!({
        "major": major,
        "minor": minor,
        "gitVersion": format!("v{major}.{minor}.0+minke-{}", env!("CARGO_PKG_VERSION")),
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "",
        "goVersion": "",
        "compiler": "rustc",
        "platform": format!("linux/{}", go_architecture()),
    })
}

/// The machine's architecture by Go's name, which clients expect.
fn go_architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn paths(served: &Catalog) -> Vec<String> {
    let mut paths = vec!["/api".to_string(), "/apis".into(), "/healthz".into(), "/livez".into(), "/metrics".into()];
    paths.extend(["/openapi/v2", "/openapi/v3", "/readyz", "/version"].map(String::from));
    for kind in served.iter() {
        let path = if kind.group.is_empty() {
            format!("/api/{}", kind.version)
        } else {
            format!("/apis/{}/{}", kind.group, kind.version)
        };
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths.sort();
    paths
}
