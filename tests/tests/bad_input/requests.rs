//! Requests that no client would send, over real TLS: each is answered with a 4xx, or the connection is closed, and the
//! server goes on.

use anyhow::{Context, Result, ensure};
use kube::{
    Config,
    client::ConfigExt,
    config::{AuthInfo, KubeConfigOptions, Kubeconfig},
};
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use serde_json::Value;
use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
};
use tests::{Machine, Server, block_on, manifest::entry};

/// Who asks: the server's address and a TLS configuration.
struct Client {
    address: String,
    tls: Arc<ClientConfig>,
}

impl Client {
    /// The administrator, or somebody without a certificate.
    fn new(server: &Server, has_certificate: bool) -> Result<Self> {
        let kubeconfig = Kubeconfig::read_from(server.data_dir().join("admin.kubeconfig"))?;
        let options = KubeConfigOptions::default();
        let mut config = block_on(async { Ok(Config::from_custom_kubeconfig(kubeconfig, &options).await?) })?;
        if !has_certificate {
            config.auth_info = AuthInfo::default();
        }
        let address = config.cluster_url.authority().context("no address")?.to_string();
        Ok(Self { address, tls: Arc::new(config.rustls_client_config()?) })
    }

    /// Sends bytes, and perhaps that no more will come; returns all that comes back until the server has closed the
    /// connection too.
    fn send(&self, bytes: &[u8], is_all: bool) -> Result<String> {
        let connection = ClientConnection::new(Arc::clone(&self.tls), "127.0.0.1".try_into()?)?;
        let mut stream = StreamOwned::new(connection, TcpStream::connect(&self.address)?);
        // The server may have heard enough before it has read all.
        let _ = stream.write_all(bytes).and_then(|()| stream.flush());
        if is_all {
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
        let mut answer = Vec::new();
        // A connection that is cut off has told what it had to.
        let _ = stream.read_to_end(&mut answer);
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// Sends a request and returns the code and the Status that answer it.
    fn request(&self, head: &str, body: &str) -> Result<(u64, Value)> {
        let length = body.len();
        let request = format!("{head}\r\nHost: minke\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        let answer = self.send(request.as_bytes(), false)?;
        let (head, body) = answer.split_once("\r\n\r\n").with_context(|| format!("no HTTP: {answer:?}"))?;
        let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).context("no code")?;
        Ok((code, serde_json::from_str(body).with_context(|| format!("no JSON: {answer}"))?))
    }
}

const PODS: &str = "/api/v1/namespaces/default/pods";
const JSON: &str = "Content-Type: application/json";

#[test]
fn bad_requests_are_answered_with_a_status() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start_in(&machine, machine.data_dir("data"), &[])?;
    let client = Client::new(&server, true)?;
    let create = format!("POST {PODS} HTTP/1.1\r\n{JSON}");
    let deep = "[".repeat(100_000);
    let huge = format!("{{\"metadata\": {{\"name\": \"{}\"}}}}", "a".repeat(4 << 20));
    let cases = [
        (create.clone(), "", 400),
        (create.clone(), "{", 400),
        (create.clone(), "[]", 400),
        (create.clone(), "null", 400),
        (create.clone(), deep.as_str(), 400),
        (create.clone(), huge.as_str(), 413),
        (create.clone(), "{\"metadata\": {\"name\": \"\\u0000\"}}", 422),
        (create, "{\"kind\": \"Service\", \"apiVersion\": \"v1\"}", 400),
        (format!("POST {PODS} HTTP/1.1\r\nContent-Type: text/plain"), "hello", 415),
        (format!("PATCH {PODS}/a HTTP/1.1\r\n{JSON}"), "{}", 415),
        (format!("PATCH {PODS}/a HTTP/1.1\r\nContent-Type: application/merge-patch+json"), "{}", 404),
        (format!("PUT {PODS} HTTP/1.1\r\n{JSON}"), "{}", 405),
        (format!("BREW {PODS} HTTP/1.1"), "", 405),
        (format!("GET {PODS}?labelSelector=%3D%3D%21 HTTP/1.1"), "", 400),
        (format!("GET {PODS}?fieldSelector=spec.nothing%3Da HTTP/1.1"), "", 400),
        (format!("GET {PODS}?limit=many HTTP/1.1"), "", 400),
        (format!("GET {PODS}?continue=rubbish HTTP/1.1"), "", 400),
        (format!("GET {PODS}?watch=true&resourceVersion=rubbish HTTP/1.1"), "", 400),
        (format!("GET {PODS}/%00 HTTP/1.1"), "", 404),
        (format!("GET {PODS}/%ff%fe HTTP/1.1"), "", 404),
        ("GET /api/v1/namespaces/default/nonsense HTTP/1.1".to_owned(), "", 404),
        ("GET /apis/no.such.group/v1/things HTTP/1.1".to_owned(), "", 404),
        ("GET /../../etc/passwd HTTP/1.1".to_owned(), "", 404),
    ];
    for (head, body, expected) in cases {
        let case = format!("{head} {}", body.get(..40).unwrap_or(body));
        let (code, status) = client.request(&head, body).context(case.clone())?;
        assert_eq!(code, expected, "{case}: {status}");
        assert_eq!((&status["kind"], &status["status"]), (&"Status".into(), &"Failure".into()), "{case}");
        assert_eq!(status["code"], code, "{case}");
        assert!(status["message"].as_str().is_some_and(|message| !message.is_empty()), "{case}: {status}");
    }
    server.kubectl().apply_text(&entry("ConfigMap", "unimpressed", "answer", "none"))?;
    Ok(())
}

#[test]
fn rubbish_is_refused_and_the_server_goes_on() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start_in(&machine, machine.data_dir("data"), &[])?;
    let client = Client::new(&server, true)?;
    let header = format!("GET /api HTTP/1.1\r\nHost: a\r\nX-Huge: {}\r\n\r\n", "x".repeat(2 << 20));
    let headers = format!("GET /api HTTP/1.1\r\n{}\r\n", "X-Many: x\r\n".repeat(10_000));
    let path = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(1 << 20));
    // The last one is half a request, and no more.
    let half = format!("POST {PODS} HTTP/1.1\r\nHost: a\r\n{JSON}\r\nContent-Length: 1000\r\n\r\n{{");
    let rubbish: [&[u8]; 9] = [
        b"",
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"hello, how are you?\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        header.as_bytes(),
        headers.as_bytes(),
        path.as_bytes(),
        half.as_bytes(),
    ];
    for bytes in rubbish {
        let answer = client.send(bytes, true)?;
        let shown = String::from_utf8_lossy(bytes.get(..40).unwrap_or(bytes)).into_owned();
        ensure!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{shown:?} was answered with {answer}");
        // The same without TLS.
        let _ = TcpStream::connect(&client.address)?.write_all(bytes);
    }
    server.kubectl().apply_text(&entry("ConfigMap", "unimpressed", "answer", "none"))?;
    Ok(())
}

#[test]
fn who_has_no_certificate_may_look_at_nothing() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start_in(&machine, machine.data_dir("data"), &[])?;
    let nobody = Client::new(&server, false)?;
    for (head, expected) in [
        (format!("GET {PODS} HTTP/1.1"), "Forbidden"),
        (format!("POST {PODS} HTTP/1.1\r\n{JSON}"), "Forbidden"),
        ("GET /api/v1/namespaces/kube-system/secrets HTTP/1.1".to_owned(), "Forbidden"),
        (format!("GET {PODS} HTTP/1.1\r\nAuthorization: Bearer nonsense"), "Unauthorized"),
    ] {
        let (code, status) = nobody.request(&head, "")?;
        let wanted = if expected == "Forbidden" { 403 } else { 401 };
        assert_eq!((code, &status["kind"], &status["reason"]), (wanted, &"Status".into(), &expected.into()), "{head}");
    }
    Ok(())
}
