//! Clients that say nothing, say it slowly, or do not read: over connections in memory, with the clock in the test's
//! hand.

use super::*;
use api::kinds::served_by_default;
use bytes::Bytes;
use futures::future;
use h2::client::SendRequest;
use std::time::Duration;
use store::{MemoryStore, Store, Write};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// A time in which every connection that is to end has ended.
const LONG: Duration = Duration::from_mins(10);
/// A watch that lasts longer.
const WATCH: &str = "/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=3600";
/// What a connection buffers in each direction.
const BUFFER: usize = 16 << 10;

/// A server whose store holds some config maps of 100 kB.
async fn server(config_maps: usize) -> Arc<ApiServer> {
    let store = Arc::new(MemoryStore::new());
    for number in 0..config_maps {
        let (name, data) = (format!("c{number}"), "x".repeat(100_000));
        let object = serde_json::json!({"kind": "ConfigMap", "apiVersion": "v1",
            "metadata": {"name": name, "namespace": "default"}, "data": {"key": data}});
        let write = Write::create(format!("core/configmaps/default/{name}"), object.to_string());
        store.write(write).await.unwrap();
    }
    ApiServer::start(store, served_by_default(), CancellationToken::new()).await.unwrap()
}

/// A client's end of a connection, and its end.
fn connect(server: &Arc<ApiServer>, protocol: Protocol) -> (DuplexStream, JoinHandle<()>) {
    let (client, io) = tokio::io::duplex(BUFFER);
    let caller = Some(Arc::new(User::admin()));
    (client, tokio::spawn(serve(Arc::clone(server), io, caller, protocol)))
}

/// How long it takes from now until a connection ends.
async fn lasts(connection: JoinHandle<()>) -> Duration {
    let started = Instant::now();
    timeout(LONG, connection).await.expect("it ends").unwrap();
    started.elapsed()
}

fn get(path: &str) -> Request<()> {
    Request::get(format!("https://minke{path}")).body(()).unwrap()
}

/// The client's side of HTTP/2. Its connection is driven as long as the returned task lives.
async fn http2_client(io: DuplexStream) -> (SendRequest<Bytes>, JoinHandle<()>) {
    let (client, connection) = h2::client::handshake(io).await.unwrap();
    (client, tokio::spawn(async move { drop(connection.await) }))
}

#[tokio::test(start_paused = true)]
async fn a_header_comes_in_time() {
    let server = server(0).await;
    let (_silent, first) = connect(&server, Protocol::Http1);
    let (_no_preface, second) = connect(&server, Protocol::Http2);
    let (mut slow, third) = connect(&server, Protocol::Http1);
    let trickle = tokio::spawn(async move {
        for byte in b"GET / HTTP/1.1\r\nhost: minke\r\nx: ".iter().chain([&b'y'; 100]) {
            if slow.write_all(&[*byte]).await.is_err() {
                break;
            }
            sleep(Duration::from_secs(5)).await;
        }
    });
    let (io, fourth) = connect(&server, Protocol::Http2);
    let _idle = http2_client(io).await;
    for lasted in future::join_all([first, second, third, fourth].map(lasts)).await {
        assert!(lasted >= limits::HEADER && lasted <= limits::HEADER + limits::DRAIN, "{lasted:?}");
    }
    trickle.abort();
}

#[tokio::test(start_paused = true)]
async fn a_body_comes_in_time() {
    let server = server(0).await;
    let (mut client, _connection) = connect(&server, Protocol::Http1);
    let header = "POST /api/v1/namespaces HTTP/1.1\r\nhost: minke\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    client.write_all(header.as_bytes()).await.unwrap();
    let started = Instant::now();
    let mut answer = vec![0; 64];
    client.read_exact(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 504 "), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(started.elapsed(), limits::BODY);
}

#[tokio::test(start_paused = true)]
async fn a_connection_between_requests_is_kept_for_a_while() {
    let server = server(0).await;
    let (mut client, connection) = connect(&server, Protocol::Http1);
    let mut answer = vec![0; 4096];
    for _ in 0..3 {
        client.write_all(b"GET /readyz HTTP/1.1\r\nhost: minke\r\n\r\n").await.unwrap();
        let length = client.read(&mut answer).await.unwrap();
        assert!(answer[..length].starts_with(b"HTTP/1.1 200 "));
        sleep(limits::IDLE / 2).await;
    }
    assert_eq!(lasts(connection).await, limits::IDLE / 2);
}

#[tokio::test(start_paused = true)]
async fn a_watch_with_nothing_to_tell_lasts() {
    let server = server(0).await;
    let (mut client, first) = connect(&server, Protocol::Http1);
    client.write_all(format!("GET {WATCH} HTTP/1.1\r\nhost: minke\r\n\r\n").as_bytes()).await.unwrap();
    let (io, second) = connect(&server, Protocol::Http2);
    let (mut requests, _driver) = http2_client(io).await;
    let (_response, _) = requests.send_request(get(WATCH), true).unwrap();
    sleep(LONG).await;
    assert!(!first.is_finished() && !second.is_finished());
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_is_not_waited_for() {
    let server = server(20).await;
    for path in ["/api/v1/configmaps", WATCH] {
        let (mut client, first) = connect(&server, Protocol::Http1);
        client.write_all(format!("GET {path} HTTP/1.1\r\nhost: minke\r\n\r\n").as_bytes()).await.unwrap();
        let (io, second) = connect(&server, Protocol::Http2);
        let (mut requests, _driver) = http2_client(io).await;
        // The client's connection reads on, but nobody takes what came for this stream.
        let (response, _) = requests.send_request(get(path), true).unwrap();
        let _unread = response.await.unwrap();
        for lasted in future::join_all([first, second].map(lasts)).await {
            // Whoever looks at the connection meanwhile may find room for one more part of the answer.
            let longest = limits::HEADER + limits::IDLE + limits::DRAIN;
            assert!(lasted >= limits::IDLE && lasted <= longest, "{path}: {lasted:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_reads_slowly_gets_everything() {
    let server = server(20).await;
    let (mut client, connection) = connect(&server, Protocol::Http1);
    client.write_all(b"GET /api/v1/configmaps HTTP/1.1\r\nhost: minke\r\nconnection: close\r\n\r\n").await.unwrap();
    let (mut read, mut buffer) = (0, vec![0; 2 * limits::SEND_BUFFER]);
    let started = Instant::now();
    loop {
        match client.read(&mut buffer).await.unwrap() {
            0 => break,
            length => read += length,
        }
        sleep(limits::IDLE / 18).await;
    }
    connection.await.unwrap();
    assert!(read > 2_000_000, "{read} bytes");
    assert!(started.elapsed() > 5 * limits::IDLE, "it was slow enough: {:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn who_does_not_answer_a_ping_is_gone() {
    let server = server(0).await;
    let (io, connection) = connect(&server, Protocol::Http2);
    let (mut requests, driver) = http2_client(io).await;
    let (_response, _) = requests.send_request(get(WATCH), true).unwrap();
    sleep(Duration::from_secs(1)).await;
    driver.abort();
    // An aborted task drops its end of the connection; a machine that is gone does not.
    assert!(lasts(connection).await <= limits::PING + limits::PONG);
}

#[tokio::test(start_paused = true)]
async fn requests_on_a_connection_are_bounded() {
    let server = server(0).await;
    let (io, _connection) = connect(&server, Protocol::Http2);
    let (mut requests, _driver) = http2_client(io).await;
    let (response, _) = requests.send_request(get("/readyz"), true).unwrap();
    response.await.unwrap();
    assert_eq!(requests.current_max_send_streams(), limits::STREAMS as usize);
}

#[tokio::test(start_paused = true)]
async fn who_takes_requests_back_over_and_over_is_thrown_out() {
    let server = server(0).await;
    let (io, connection) = connect(&server, Protocol::Http2);
    let (mut requests, _driver) = http2_client(io).await;
    let mut sent = 0;
    while sent < 100 * limits::RESETS && !connection.is_finished() {
        // Without its body the request is under way until it is taken back.
        let request = Request::post("https://minke/api/v1/namespaces").body(()).unwrap();
        let Ok(ready) = requests.ready().await else { break };
        requests = ready;
        let Ok((_response, mut stream)) = requests.send_request(request, false) else { break };
        // Time goes on when everybody waits: the server has the request by then.
        sleep(Duration::from_millis(1)).await;
        stream.send_reset(h2::Reason::CANCEL);
        sent += 1;
    }
    assert!(sent < 100 * limits::RESETS, "{sent} requests were taken back");
    assert_eq!(lasts(connection).await, Duration::ZERO);
}
