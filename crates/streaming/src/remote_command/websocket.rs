//! A program's streams as channels of a WebSocket.

use super::{
    Version, Wanted,
    channel::Channel,
    session::{Client, Incoming, Sink},
};
use crate::{
    Result,
    websocket::{Coding, Decoder, Event, Reader, Writer},
};
use tokio::io::{AsyncRead, AsyncWrite};

/// On which a client says that another channel has ended (v5).
const CLOSE: u8 = 255;

pub struct WebSocketClient<R, W> {
    reader: Reader<R>,
    writer: Writer<W>,
    decoder: Decoder,
    version: Version,
}

pub struct WebSocketSink<W> {
    writer: Writer<W>,
    coding: Coding,
}

/// Begins with an empty message, by which a client sees that it is connected.
pub async fn open<R, W>(
    reader: R,
    writer: W,
    version: Version,
    coding: Coding,
    wanted: Wanted,
) -> Result<(WebSocketClient<R, W>, WebSocketSink<W>)>
where
    R: AsyncRead + Unpin + Send,
    W: AsyncWrite + Unpin + Send,
{
    let (reader, writer) = (Reader::new(reader), Writer::new(writer));
    let client = WebSocketClient { reader, writer: writer.clone(), decoder: Decoder::new(coding), version };
    let sink = WebSocketSink { writer, coding };
    let lowest = [Channel::Stdout, Channel::Stderr].into_iter().find(|channel| wanted.has(*channel));
    sink.message(lowest.unwrap_or(Channel::Error), &[]).await?;
    Ok((client, sink))
}

impl<R: AsyncRead + Unpin + Send, W: AsyncWrite + Unpin + Send> Client for WebSocketClient<R, W> {
    async fn next(&mut self) -> Result<Option<Incoming>> {
        loop {
            let (begins, ends, data) = match self.reader.next().await? {
                Some(Event::Data { begins, ends, data }) => (begins, ends, data),
                Some(Event::Ping(payload)) => {
                    self.writer.pong(&payload).await?;
                    continue;
                }
                Some(Event::Pong) => continue,
                Some(Event::Close) | None => return Ok(None),
            };
            let Some((number, data)) = self.decoder.decode(begins, ends, data)? else { continue };
            let channel = |number: u8| Channel::ALL.into_iter().find(|channel| channel.number() == number);
            if number == CLOSE && self.version >= Version::V5 {
                if let Some(channel) = data.first().and_then(|number| channel(*number)) {
                    return Ok(Some(Incoming::End(channel)));
                }
            } else if let Some(channel) = channel(number).filter(|_| !data.is_empty()) {
                return Ok(Some(Incoming::Data(channel, data)));
            }
        }
    }

    async fn discard(&mut self) {
        self.reader.discard().await;
    }
}

impl<W: AsyncWrite + Unpin + Send> WebSocketSink<W> {
    async fn message(&self, channel: Channel, data: &[u8]) -> Result<()> {
        let (opcode, message) = self.coding.encode(channel.number(), data);
        self.writer.send(opcode, &message).await
    }
}

impl<W: AsyncWrite + Unpin + Send> Sink for WebSocketSink<W> {
    async fn send(&self, channel: Channel, data: &[u8]) -> Result<()> {
        if data.is_empty() { Ok(()) } else { self.message(channel, data).await }
    }

    async fn reassure(&self) -> Result<()> {
        self.writer.pong(&[]).await
    }

    async fn close(&self) -> Result<()> {
        self.writer.close().await
    }
}
