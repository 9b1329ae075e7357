//! Nodes elsewhere: asked over HTTPS, with certificates on both sides.

use crate::support::{Caller, PODS, pod, read};
use apiserver::Pki;
use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr},
    path::Path,
    sync::Arc,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// A kubelet of one answer, which tells the path and who asked. Returns its port.
async fn kubelet(pki: &Pki) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(Arc::new(pki.server_config().unwrap()));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let known = stream.get_ref().1.peer_certificates().is_some();
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap();
            let line = String::from_utf8_lossy(&request[..read]).lines().next().unwrap_or_default().to_owned();
            let body = format!("{line} known={known}");
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
            let _ = stream.shutdown().await;
        }
    });
    port
}

fn pki(folder: &Path) -> Pki {
    let local = [IpAddr::V4(Ipv4Addr::LOCALHOST)];
    Pki::load_or_create(folder, &local, time::OffsetDateTime::now_utc()).unwrap()
}

async fn node(admin: &Caller, port: u16) {
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "far"}, "status": {
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}}}});
    admin.ok("POST", "/api/v1/nodes", node).await;
}

#[tokio::test]
async fn a_node_elsewhere_is_asked_with_a_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let pki = pki(folder.path());
    let admin = Caller::admin().await;
    node(&admin, kubelet(&pki).await).await;
    admin.server().reach_nodes_with(pki.node_client_config().unwrap());
    let mut object = pod("a");
    object["spec"]["nodeName"] = "far".into();
    admin.ok("POST", PODS, object).await;
    let (code, log) = read(admin.send("GET", &format!("{PODS}/a/log?tailLines=3"), &[], "").await).await;
    assert_eq!((code.as_u16(), log), (200, json!("GET /containerLogs/default/a/c?tailLines=3 HTTP/1.1 known=true")));
    let (_, metrics) = read(admin.send("GET", "/api/v1/nodes/far/proxy/metrics?a=b", &[], "").await).await;
    assert_eq!(metrics, json!("GET /metrics?a=b HTTP/1.1 known=true"));
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let path = "/api/v1/nodes/far/proxy/a%2Fb/c%20d/";
        let (_, answer) = read(admin.send(method, path, &[], "").await).await;
        assert_eq!(answer, json!(format!("{method} /a%2Fb/c%20d/? HTTP/1.1 known=true")));
    }
}

#[tokio::test]
async fn what_a_node_refuses_the_server_refuses() {
    let admin = Caller::admin().await;
    for (code, said, reason) in [
        (400, "unable to retrieve container logs for minke://1", "BadRequest"),
        (404, "pod \"a\" does not exist", "NotFound"),
        (500, "odd", "InternalError"),
    ] {
        let answer = move |_| async move {
            Ok::<_, Infallible>(Response::builder().status(code).body(Full::new(Bytes::from(said))).unwrap())
        };
        admin.server().register_node("near", apiserver::node_service(tower::service_fn(answer)));
        let mut object = pod(&format!("a{code}"));
        object["spec"]["nodeName"] = "near".into();
        admin.ok("POST", PODS, object).await;
        let (got, status) = read(admin.send("GET", &format!("{PODS}/a{code}/log"), &[], "").await).await;
        assert_eq!((got.as_u16(), &status["message"], &status["reason"]), (code, &json!(said), &json!(reason)));
    }
}

#[tokio::test]
async fn a_stranger_is_not_believed() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let admin = Caller::admin().await;
    node(&admin, kubelet(&pki(other.path())).await).await;
    let path = "/api/v1/nodes/far/proxy/metrics";
    let said = admin.refused(500, "GET", path, Value::Null).await;
    assert!(said.contains("this server has no client certificate for nodes"), "{said}");
    admin.server().reach_nodes_with(pki(folder.path()).node_client_config().unwrap());
    let said = admin.refused(500, "GET", path, Value::Null).await;
    assert!(said.contains("dial tcp 127.0.0.1:") && said.contains("certificate"), "{said}");
    let said = admin.refused(404, "GET", "/api/v1/nodes/nosuch/proxy/metrics", Value::Null).await;
    assert_eq!(said, "nodes \"nosuch\" not found");
}
