//! A program's streams as streams of SPDY, which the client opens first of all.

use super::{
    Version, Wanted,
    channel::Channel,
    session::{Client, Incoming, Sink},
};
use crate::{
    Error, Result, limits,
    spdy::{Event, Reader, Refused, Writer},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

/// Which stream is which channel.
#[derive(Clone, Default)]
struct Streams(Vec<(Channel, u32)>);

pub struct SpdyClient<R, W> {
    reader: Reader<R>,
    writer: Writer<W>,
    streams: Streams,
}

pub struct SpdySink<W> {
    writer: Writer<W>,
    streams: Streams,
}

impl Streams {
    fn channel(&self, stream: u32) -> Option<Channel> {
        self.0.iter().find(|(_, known)| *known == stream).map(|(channel, _)| *channel)
    }

    fn stream(&self, channel: Channel) -> Option<u32> {
        self.0.iter().find(|(known, _)| *known == channel).map(|(_, stream)| *stream)
    }

    /// Whether there are all that the client wants.
    fn are_complete(&self, version: Version, wanted: Wanted) -> bool {
        let expected = |channel: &Channel| match channel {
            Channel::Resize => wanted.tty && version >= Version::V3,
            other => wanted.has(*other),
        };
        Channel::ALL.iter().filter(|channel| expected(channel)).all(|channel| self.stream(*channel).is_some())
    }
}

/// Waits until the client has opened all of its streams.
pub async fn open<R, W>(
    reader: R,
    writer: W,
    version: Version,
    wanted: Wanted,
) -> Result<(SpdyClient<R, W>, SpdySink<W>)>
where
    R: AsyncRead + Unpin + Send,
    W: AsyncWrite + Unpin + Send,
{
    let mut client =
        SpdyClient { reader: Reader::new(reader), writer: Writer::new(writer), streams: Streams::default() };
    timeout(limits::CREATION, client.open(version, wanted)).await.map_err(|_| Error::Streams)??;
    let sink = SpdySink { writer: client.writer.clone(), streams: client.streams.clone() };
    Ok((client, sink))
}

impl<R: AsyncRead + Unpin + Send, W: AsyncWrite + Unpin + Send> SpdyClient<R, W> {
    async fn open(&mut self, version: Version, wanted: Wanted) -> Result<()> {
        while !self.streams.are_complete(version, wanted) {
            match self.reader.next().await? {
                Some(Event::Open { stream, headers }) => {
                    let named = headers.get("streamtype");
                    let channel = Channel::ALL.into_iter().find(|channel| channel.name() == named);
                    match channel.filter(|channel| self.streams.stream(*channel).is_none()) {
                        Some(channel) => {
                            self.streams.0.push((channel, stream));
                            self.writer.accept(stream).await?;
                        }
                        None => self.writer.reset(stream, Refused::Stream).await?,
                    }
                }
                Some(Event::Ping(number)) => self.writer.pong(number).await?,
                Some(Event::Data { .. }) => return Err(Error::spdy("data before all streams are open")),
                // The client only reads from most of them.
                Some(Event::End { .. } | Event::Reset { .. }) => {}
                Some(Event::GoAway) | None => return Err(Error::spdy("an end before all streams are open")),
            }
        }
        Ok(())
    }
}

impl<R: AsyncRead + Unpin + Send, W: AsyncWrite + Unpin + Send> Client for SpdyClient<R, W> {
    async fn next(&mut self) -> Result<Option<Incoming>> {
        loop {
            let incoming = match self.reader.next().await? {
                Some(Event::Data { stream, data }) => {
                    self.streams.channel(stream).map(|channel| Incoming::Data(channel, data))
                }
                Some(Event::End { stream } | Event::Reset { stream }) => {
                    self.streams.channel(stream).map(Incoming::End)
                }
                Some(Event::Ping(number)) => {
                    self.writer.pong(number).await?;
                    None
                }
                Some(Event::Open { stream, .. }) => {
                    self.writer.reset(stream, Refused::Stream).await?;
                    None
                }
                Some(Event::GoAway) => None,
                None => return Ok(None),
            };
            if incoming.is_some() {
                return Ok(incoming);
            }
        }
    }

    async fn discard(&mut self) {
        self.reader.discard().await;
    }
}

impl<W: AsyncWrite + Unpin + Send> Sink for SpdySink<W> {
    async fn send(&self, channel: Channel, data: &[u8]) -> Result<()> {
        match self.streams.stream(channel) {
            Some(stream) if !data.is_empty() => self.writer.data(stream, data).await,
            _ => Ok(()),
        }
    }

    async fn reassure(&self) -> Result<()> {
        self.writer.ping().await
    }

    async fn close(&self) -> Result<()> {
        for channel in [Channel::Stdout, Channel::Stderr, Channel::Error] {
            if let Some(stream) = self.streams.stream(channel) {
                self.writer.end(stream).await?;
            }
        }
        Ok(())
    }
}
