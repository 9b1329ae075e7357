//! A text that grows, such as a log, as messages of a WebSocket; the client only listens
//! (`k8s.io/apimachinery/pkg/util/httpstream/wsstream`, `Reader`).

use crate::{
    Accepted, Refusal, Result,
    idle::Idle,
    limits,
    upgrade::{Transport, transport},
    waiting::last_words,
    websocket::{Coding, Event, Opcode, Reader, Writer},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::HeaderMap;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
};

/// How the text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocol(Coding);

const PROTOCOLS: &[(&str, Coding)] =
    &[("", Coding::Binary), ("binary.k8s.io", Coding::Binary), ("base64.binary.k8s.io", Coding::Base64)];

/// Whether a request asks for a protocol that is spoken here, and what it is answered.
pub fn accept(headers: &HeaderMap) -> Result<Accepted<Protocol>, Refusal> {
    match transport(headers)? {
        Transport::Spdy => Err(Refusal::bad_request("unable to upgrade: a text is sent over a WebSocket only")),
        transport @ Transport::WebSocket { .. } => {
            let (name, coding) = transport.choose(headers, PROTOCOLS)?;
            Ok(Accepted { protocol: Protocol(coding), response: transport.switch(name) })
        }
    }
}

/// Sends what comes, each piece as a message, until nothing more comes or the client is gone.
pub async fn serve<S>(protocol: Protocol, stream: S, pieces: mpsc::Receiver<Bytes>) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let (reader, writer) = tokio::io::split(Idle::new(stream, limits::IDLE));
    let (mut reader, writer) = (Reader::new(reader), Writer::new(writer));
    tokio::select! {
        sent = send(protocol.0, pieces, &writer) => sent?,
        gone = listen(&mut reader, &writer) => return gone,
    }
    last_words(writer.close(), reader.discard()).await
}

/// Begins with an empty message, by which a client sees that it is connected.
async fn send<W: AsyncWrite + Unpin>(
    coding: Coding,
    mut pieces: mpsc::Receiver<Bytes>,
    writer: &Writer<W>,
) -> Result<()> {
    let mut piece = Some(Bytes::new());
    while let Some(bytes) = piece {
        match coding {
            Coding::Binary => writer.send(Opcode::Binary, &bytes).await?,
            Coding::Base64 => writer.send(Opcode::Text, BASE64_STANDARD.encode(&bytes).as_bytes()).await?,
        }
        piece = pieces.recv().await;
    }
    Ok(())
}

async fn listen<R, W>(reader: &mut Reader<R>, writer: &Writer<W>) -> Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    loop {
        match reader.next().await? {
            Some(Event::Ping(payload)) => writer.pong(&payload).await?,
            Some(Event::Data { .. } | Event::Pong) => {}
            Some(Event::Close) | None => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upgrade::tests::headers;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn each_piece_is_a_message() {
        for (protocol, expected) in [
            ("binary.k8s.io", &b"\x82\x00\x82\x04one\n\x82\x03two\x88\x02\x03\xe8"[..]),
            ("base64.binary.k8s.io", b"\x81\x00\x81\x08b25lCg==\x81\x04dHdv\x88\x02\x03\xe8"),
        ] {
            let asked = headers(&[
                ("connection", "Upgrade"),
                ("upgrade", "websocket"),
                ("sec-websocket-version", "13"),
                ("sec-websocket-key", "x"),
                ("sec-websocket-protocol", protocol),
            ]);
            let accepted = accept(&asked).unwrap();
            let (mut client, far) = tokio::io::duplex(1024);
            let (sender, pieces) = mpsc::channel(1);
            let serving = tokio::spawn(serve(accepted.protocol, far, pieces));
            for piece in ["one\n", "two"] {
                sender.send(Bytes::from_static(piece.as_bytes())).await.unwrap();
            }
            drop(sender);
            let mut sent = vec![0; expected.len()];
            client.read_exact(&mut sent).await.unwrap();
            assert_eq!(sent, expected);
            drop(client);
            serving.await.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn nothing_is_sent_to_who_is_gone() {
        let (client, far) = tokio::io::duplex(1024);
        let (sender, pieces) = mpsc::channel(1);
        let serving = tokio::spawn(serve(Protocol(Coding::Binary), far, pieces));
        drop(client);
        sender.closed().await;
        // Gone while it was greeted, or after.
        let _ = serving.await.unwrap();
    }
}
