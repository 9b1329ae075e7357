//! An API server for tests that answers as a function tells it to, and remembers what it was asked.

use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use kube::client::Body;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// One request as the API server saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub method: Method,
    pub path: String,
    pub body: Value,
}

/// What has been asked so far, in order.
#[derive(Clone, Default)]
pub struct Requests(Arc<Mutex<Vec<Asked>>>);

impl Requests {
    pub fn all(&self) -> Vec<Asked> {
        self.0.lock().unwrap().clone()
    }
}

/// A client of such a server; `answer` gets each request with its number, and gives a status code and an object.
pub fn client<F, A>(answer: F) -> (kube::Client, Requests)
where
    F: Fn(usize, Asked) -> A + Send + Sync + 'static,
    A: Future<Output = (u16, Value)> + Send + 'static,
{
    let requests = Requests::default();
    let (seen, answer) = (requests.clone(), Arc::new(answer));
    let service = tower::service_fn(move |request: Request<Body>| {
        let (seen, answer) = (seen.clone(), Arc::clone(&answer));
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            let asked = Asked {
                method: head.method,
                path: head.uri.path().to_owned(),
                body: serde_json::from_slice(&body).unwrap_or_default(),
            };
            let number = {
                let mut seen = seen.0.lock().unwrap();
                seen.push(asked.clone());
                seen.len() - 1
            };
            let (code, object) = answer(number, asked).await;
            let json = serde_json::to_vec(&object).unwrap();
            Ok::<_, tower::BoxError>(Response::builder().status(code).body(Full::from(json)).unwrap())
        }
    });
    (kube::Client::new(service, "default"), requests)
}

/// The object that stands for a failure.
pub fn failure(code: u16, reason: &str) -> (u16, Value) {
    let status = json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code });
    (code, status)
}
