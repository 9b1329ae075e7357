//! Connections as pairs of a WebSocket's channels, one for each port: data on the first, what goes wrong on the second.

use super::{Connect, copy, note};
use crate::{
    Result, limits,
    waiting::{last_words, reassuring},
    websocket::{Coding, Decoder, Event, Reader, Writer},
};
use bytes::Bytes;
use std::sync::Arc;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    task::JoinSet,
};

/// Connects to each port at once; returns when all connections have ended, or the client is gone.
pub async fn serve<S>(stream: S, coding: Coding, ports: &[u16], connect: Connect) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (reader, writer) = tokio::io::split(stream);
    let (mut reader, writer) = (Reader::new(reader), Writer::new(writer));
    let (mut incoming, mut running) = (Vec::new(), JoinSet::new());
    for (number, port) in ports.iter().enumerate() {
        let channel = u8::try_from(2 * number).unwrap_or(u8::MAX);
        let pair = Pair { writer: writer.clone(), coding, channel };
        // By which the client sees which channel is which port.
        pair.data(&port.to_le_bytes()).await?;
        pair.error(&port.to_le_bytes()).await?;
        let (sender, receiver) = mpsc::channel(limits::QUEUE);
        incoming.push(sender);
        running.spawn(forward(pair, *port, receiver, Arc::clone(&connect)));
    }
    let all = async { while running.join_next().await.is_some() {} };
    tokio::select! {
        () = all => {}
        gone = receive(&mut reader, &writer, coding, &incoming) => return gone,
    }
    last_words(writer.close(), reader.discard()).await
}

async fn receive<R, W>(
    reader: &mut Reader<R>,
    writer: &Writer<W>,
    coding: Coding,
    incoming: &[mpsc::Sender<Bytes>],
) -> Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut decoder = Decoder::new(coding);
    loop {
        match reader.next().await? {
            Some(Event::Data { begins, ends, data }) => {
                let Some((channel, data)) = decoder.decode(begins, ends, data)? else { continue };
                let sender = incoming.get(usize::from(channel / 2)).filter(|_| channel.is_multiple_of(2));
                if let Some(sender) = sender.filter(|_| !data.is_empty()) {
                    // A connection that has ended does not want any more.
                    let _ = reassuring(sender.send(data), || writer.pong(&[])).await?;
                }
            }
            Some(Event::Ping(payload)) => writer.pong(&payload).await?,
            Some(Event::Pong) => {}
            Some(Event::Close) | None => return Ok(()),
        }
    }
}

async fn forward<W: AsyncWrite + Unpin + Send>(
    pair: Pair<W>,
    port: u16,
    incoming: mpsc::Receiver<Bytes>,
    connect: Connect,
) {
    note(match connect(port).await {
        Ok(connection) => copy::copy(connection, incoming, &pair).await,
        Err(message) => pair.error(message.as_bytes()).await,
    });
}

/// The channels of one port.
struct Pair<W> {
    writer: Writer<W>,
    coding: Coding,
    channel: u8,
}

impl<W: AsyncWrite + Unpin + Send> Pair<W> {
    async fn data(&self, data: &[u8]) -> Result<()> {
        self.message(self.channel, data).await
    }

    async fn error(&self, text: &[u8]) -> Result<()> {
        self.message(self.channel + 1, text).await
    }

    async fn message(&self, channel: u8, data: &[u8]) -> Result<()> {
        let (opcode, message) = self.coding.encode(channel, data);
        self.writer.send(opcode, &message).await
    }
}

impl<W: AsyncWrite + Unpin + Send> copy::Sink for Pair<W> {
    async fn send(&self, data: &[u8]) -> Result<()> {
        self.data(data).await
    }

    /// There is no way to say so.
    async fn end(&self) -> Result<()> {
        Ok(())
    }
}
