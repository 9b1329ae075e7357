//! Ways into pods: the connection is handed to the pod's node, in this process or elsewhere.

use crate::support::{Caller, PODS, pod};
use apiserver::{Pki, ResponseBody, User, node_service};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// What a node says once the connection is its.
const GREETING: &[u8] = b"at your service";

/// A connection of a client to the server, over which it speaks HTTP/1.1.
fn connect(admin: &Caller) -> DuplexStream {
    let (client, server) = tokio::io::duplex(1 << 16);
    let local = admin.local();
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let local = local.clone();
        async move { local.oneshot(request).await.map(|response: Response<ResponseBody>| response) }
    });
    tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(server), service).with_upgrades());
    client
}

/// Reads to the end of an answer's header.
async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// Greets and says all that it hears.
async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    stream.write_all(GREETING).await.unwrap();
    let mut heard = [0; 64];
    loop {
        match stream.read(&mut heard).await {
            Ok(length) if length > 0 => stream.write_all(&heard[..length]).await.unwrap(),
            _ => return,
        }
    }
}

/// A pod that is on a node.
async fn pod_on(admin: &Caller, node: &str) {
    let mut object = pod("a");
    object["spec"]["nodeName"] = node.into();
    admin.ok("POST", PODS, object).await;
}

/// Asks for a way into the pod and speaks with the node.
async fn speak(admin: &Caller, request: &str) -> String {
    let mut client = connect(admin);
    let head = format!(
        "{request} HTTP/1.1\r\nhost: minke\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\nauthorization: Bearer x\r\n\
         x-stream-protocol-version: v4.channel.k8s.io\r\n\r\n"
    );
    client.write_all(head.as_bytes()).await.unwrap();
    let head = read_head(&mut client).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    let mut said = vec![0; GREETING.len()];
    client.read_exact(&mut said).await.unwrap();
    assert_eq!(said, GREETING);
    for word in [&b"hello"[..], b"world"] {
        client.write_all(word).await.unwrap();
        client.read_exact(&mut said[..5]).await.unwrap();
        assert_eq!(&said[..5], word);
    }
    head
}

#[tokio::test]
async fn a_node_of_this_process_gets_the_connection_itself() {
    let admin = Caller::admin().await;
    let answer = |mut request: Request<_>| async move {
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move { echo(TokioIo::new(upgrade.await.unwrap())).await });
        let asked = format!("{} {}", request.method(), request.uri());
        let has_token = request.headers().contains_key("authorization");
        let response = Response::builder().status(101).header("connection", "Upgrade").header("upgrade", "SPDY/3.1");
        let response = response.header("asked", asked).header("token", has_token.to_string());
        Ok::<_, Infallible>(response.body(Full::new(Bytes::new())).unwrap())
    };
    admin.server().register_node("near", node_service(tower::service_fn(answer)));
    pod_on(&admin, "near").await;
    for (request, expected) in [
        (
            "POST {}/a/exec?command=sh&command=-c&stdin=true&tty=true",
            "POST /exec/default/a/c?input=1&tty=1&command=sh&command=-c",
        ),
        ("GET {}/a/attach?stdout=true&container=c", "GET /attach/default/a/c?output=1"),
        ("POST {}/a/portforward?ports=80", "POST /portForward/default/a?port=80"),
    ] {
        let head = speak(&admin, &request.replace("{}", PODS)).await;
        assert!(head.contains(&format!("asked: {expected}\r\n")) && head.contains("token: false\r\n"), "{head}");
    }
}

#[tokio::test]
async fn a_node_does_not_see_the_token_of_a_websocket() {
    let admin = Caller::admin().await;
    let answer = |request: Request<_>| async move {
        let offers = request.headers().get_all("sec-websocket-protocol").iter();
        let offers = offers.map(|offer| offer.to_str().unwrap().to_owned()).collect::<Vec<_>>().join("; ");
        let response = Response::builder().status(101).header("connection", "Upgrade").header("upgrade", "websocket");
        Ok::<_, Infallible>(response.header("offers", offers).body(Full::new(Bytes::new())).unwrap())
    };
    admin.server().register_node("near", node_service(tower::service_fn(answer)));
    pod_on(&admin, "near").await;
    for part in ["exec?command=sh", "attach?stdout=true", "portforward?ports=80"] {
        let mut client = connect(&admin);
        let head = format!(
            "GET {PODS}/a/{part} HTTP/1.1\r\nhost: minke\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: x\r\n\
             sec-websocket-protocol: v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.c2VjcmV0\r\n\
             sec-websocket-protocol: v4.channel.k8s.io\r\n\r\n"
        );
        client.write_all(head.as_bytes()).await.unwrap();
        let head = read_head(&mut client).await;
        assert!(head.contains("offers: v5.channel.k8s.io, v4.channel.k8s.io\r\n"), "{part}: {head}");
    }
}

#[tokio::test]
async fn what_a_node_elsewhere_says_is_passed_on_byte_by_byte() {
    let folder = tempfile::tempdir().unwrap();
    let local = [IpAddr::V4(Ipv4Addr::LOCALHOST)];
    let pki = Pki::load_or_create(folder.path(), &local, time::OffsetDateTime::now_utc()).unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(Arc::new(pki.server_config().unwrap()));
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = acceptor.accept(stream).await.unwrap();
        let head = read_head(&mut stream).await;
        assert!(head.contains("x-stream-protocol-version: v4.channel.k8s.io\r\n"), "{head}");
        let answer = b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\n\r\n";
        stream.write_all(answer).await.unwrap();
        echo(stream).await;
    });
    let admin = Caller::admin().await;
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "far"}, "status": {
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}}}});
    admin.ok("POST", "/api/v1/nodes", node).await;
    admin.server().reach_nodes_with(pki.node_client_config().unwrap());
    pod_on(&admin, "far").await;
    speak(&admin, &format!("POST {PODS}/a/exec?command=sh&stdout=true")).await;
}

#[tokio::test]
async fn a_log_comes_as_messages_for_who_asks_for_a_websocket() {
    let admin = Caller::admin().await;
    let answer = |_: Request<_>| async { Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("a line\n")))) };
    admin.server().register_node("near", node_service(tower::service_fn(answer)));
    pod_on(&admin, "near").await;
    let mut client = connect(&admin);
    let head = format!(
        "GET {PODS}/a/log HTTP/1.1\r\nhost: minke\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: x\r\nsec-websocket-protocol: binary.k8s.io\r\n\r\n"
    );
    client.write_all(head.as_bytes()).await.unwrap();
    let head = read_head(&mut client).await;
    assert!(head.starts_with("HTTP/1.1 101 ") && head.contains("sec-websocket-protocol: binary.k8s.io\r\n"), "{head}");
    let mut said = vec![0; 2 + 2 + 7];
    client.read_exact(&mut said).await.unwrap();
    assert_eq!(said, b"\x82\x00\x82\x07a line\n");
}

#[tokio::test]
async fn a_node_s_refusal_is_the_answer() {
    let admin = Caller::admin().await;
    let answer = |_: Request<_>| async {
        let response = Response::builder().status(500).body(Full::new(Bytes::from("container not found (\"c\")")));
        Ok::<_, Infallible>(response.unwrap())
    };
    admin.server().register_node("near", node_service(tower::service_fn(answer)));
    pod_on(&admin, "near").await;
    let mut client = connect(&admin);
    let head = format!(
        "POST {PODS}/a/exec?command=sh&stdout=true HTTP/1.1\r\nhost: minke\r\nconnection: Upgrade, close\r\nupgrade: SPDY/3.1\r\n\r\n"
    );
    client.write_all(head.as_bytes()).await.unwrap();
    let mut said = String::new();
    client.read_to_string(&mut said).await.unwrap();
    assert!(said.starts_with("HTTP/1.1 500 ") && said.ends_with("container not found (\"c\")"), "{said}");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_before_the_node_is_asked() {
    let admin = Caller::admin().await;
    admin.ok("POST", PODS, pod("unscheduled")).await;
    pod_on(&admin, "nowhere").await;
    for (code, path, expected) in [
        (400, "a/exec", "Upgrade request required"),
        (400, "a/portforward?ports=80", "Upgrade request required"),
        (400, "a/exec?container=x", "container x is not valid for pod a"),
        (400, "unscheduled/attach", "pod unscheduled does not have a host assigned"),
        (404, "nosuch/exec", "pods \"nosuch\" not found"),
    ] {
        for method in ["GET", "POST"] {
            let said = admin.refused(code, method, &format!("{PODS}/{path}"), Value::Null).await;
            assert_eq!(said, expected, "{method} {path}");
        }
    }
    let eve = admin.as_user(User::new("eve", Vec::<String>::new()));
    eve.refused(403, "POST", &format!("{PODS}/a/exec"), Value::Null).await;
    let (parts, body) = admin.send("PUT", &format!("{PODS}/a/exec"), &[], "").await.into_parts();
    drop(body.collect().await);
    assert_eq!(parts.status, 405);
}
