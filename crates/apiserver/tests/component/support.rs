//! An API server over a memory store, called as the administrator calls it.
#![allow(dead_code, reason = "each test file uses a part of this")]

use api::kinds::served_by_default;
use apiserver::{ApiServer, User};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use machinery::catalog::Catalog;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use serde_json::{Value, json};
use std::sync::Arc;
use store::{MemoryStore, Store};
use tower::ServiceExt;

/// A fresh server.
pub async fn server(catalog: Catalog) -> Arc<ApiServer> {
    let shutdown = tokio_util::sync::CancellationToken::new();
    ApiServer::start(Arc::new(MemoryStore::new()), catalog, shutdown).await.unwrap()
}

/// Calls a server as one user.
pub struct Caller {
    server: Arc<ApiServer>,
    user: User,
}

impl Caller {
    /// The administrator of a fresh server.
    pub async fn admin() -> Self {
        Self::admin_of(served_by_default()).await
    }

    /// The administrator of a fresh server that serves these kinds.
    pub async fn admin_of(catalog: Catalog) -> Self {
        Self { server: server(catalog).await, user: User::admin() }
    }

    /// The administrator of a server over a store that may hold something already.
    pub async fn admin_over(store: Arc<dyn Store>) -> Self {
        let shutdown = tokio_util::sync::CancellationToken::new();
        let server = ApiServer::start(store, served_by_default(), shutdown).await.unwrap();
        Self { server, user: User::admin() }
    }

    /// Another user of the same server.
    pub fn as_user(&self, user: User) -> Self {
        Self { server: Arc::clone(&self.server), user }
    }

    /// The server that is called.
    pub fn server(&self) -> &ApiServer {
        &self.server
    }

    /// The transport itself.
    pub fn local(&self) -> apiserver::Local {
        self.server.local(self.user.clone())
    }

    /// A typed client.
    pub fn client(&self) -> kube::Client {
        kube::Client::new(self.local(), "default")
    }

    /// Sends a request with a JSON body and returns the answer before its body is read.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response<apiserver::ResponseBody> {
        self.send_bytes(method, path, headers, body.as_bytes().to_vec()).await
    }

    /// Sends a request with any body and returns the answer before its body is read.
    pub async fn send_bytes(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Response<apiserver::ResponseBody> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(bytes::Bytes::from(body))).unwrap();
        self.local().oneshot(request).await.unwrap()
    }

    /// Sends a request over a connection that vouches for nobody.
    pub async fn send_anonymously(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response<apiserver::ResponseBody> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Full::new(bytes::Bytes::from(body.to_owned())).map_err(|never| match never {}).boxed_unsync();
        self.server.handle(None, request.body(body).unwrap()).await
    }

    /// Sends a request and reads the answer as JSON.
    pub async fn call(&self, method: &str, path: &str, body: &Value) -> (StatusCode, Value) {
        let content_type = match method {
            "PATCH" if body.is_array() => "application/json-patch+json",
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        read(self.send(method, path, &[("content-type", content_type)], &body).await).await
    }

    /// Sends a request that must succeed.
    pub async fn ok(&self, method: &str, path: &str, body: Value) -> Value {
        let (code, answer) = self.call(method, path, &body).await;
        assert!(code.is_success(), "{method} {path}: {answer}");
        answer
    }

    /// Sends a request that must fail with this code; returns the message of the Status.
    pub async fn refused(&self, code: u16, method: &str, path: &str, body: Value) -> String {
        let (got, answer) = self.call(method, path, &body).await;
        assert_eq!(got.as_u16(), code, "{method} {path}: {answer}");
        assert_eq!((&answer["kind"], &answer["status"]), (&json!("Status"), &json!("Failure")));
        answer["message"].as_str().unwrap().to_string()
    }
}

/// Reads an answer as JSON.
pub async fn read(response: Response<apiserver::ResponseBody>) -> (StatusCode, Value) {
    let code = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (code, serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body))))
}

/// A pod that passes validation.
pub fn pod(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {"containers": [{"name": "c", "image": "busybox"}]}})
}

/// The certificate of an authority.
pub fn authority() -> String {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
}

/// A request for a certificate, in DER as it stands in JSON.
pub fn signing_request() -> String {
    let request = CertificateParams::default().serialize_request(&KeyPair::generate().unwrap()).unwrap();
    STANDARD.encode(request.der())
}

/// A `ConfigMap`: the simplest object there is.
pub fn config_map(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"key": value}})
}

/// The path of the default namespace's pods.
pub const PODS: &str = "/api/v1/namespaces/default/pods";
/// The path of the default namespace's `ConfigMaps`.
pub const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";
