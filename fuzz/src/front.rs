//! The HTTP front: what a client may write, over a connection in memory with the clock running ahead.

use api::kinds::served_by_default;
use apiserver::{ApiServer, Protocol, User, serve_connection};
use std::{sync::Arc, time::Duration};
use store::MemoryStore;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    runtime::Builder,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// How HTTP/2 begins (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0";
/// Longer than any watch.
const LONGEST: Duration = Duration::from_hours(2);

/// All that an administrator's client writes on one connection, in the protocol that it begins with.
pub fn http(data: &[u8]) {
    let protocol = if data.starts_with(PREFACE) { Protocol::Http2 } else { Protocol::Http1 };
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let shutdown = CancellationToken::new();
        let store = Arc::new(MemoryStore::new());
        let server = ApiServer::start(store, served_by_default(), shutdown.clone()).await.expect("a server");
        let (client, io) = tokio::io::duplex(1 << 16);
        let serving = serve_connection(server, io, Some(Arc::new(User::admin())), protocol);
        let both = async { tokio::join!(serving, talk(client, data)) };
        timeout(LONGEST, both).await.expect("every connection ends");
        shutdown.cancel();
    });
}

async fn talk(client: DuplexStream, data: &[u8]) {
    let (mut answers, mut requests) = tokio::io::split(client);
    let write = async {
        // The server may have had enough before the end.
        let _ = requests.write_all(data).await;
        let _ = requests.shutdown().await;
    };
    let read = async {
        let mut buffer = vec![0; 1 << 14];
        while answers.read(&mut buffer).await.is_ok_and(|length| length > 0) {}
    };
    tokio::join!(write, read);
}
