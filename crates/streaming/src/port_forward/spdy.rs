//! Connections as pairs of SPDY streams.

use super::{
    Connect, copy, note,
    pairs::{Opened, Pair, Pairs},
};
use crate::{
    Error, Result, limits,
    spdy::{Event, Headers, Reader, Refused, Writer},
    waiting::reassuring,
};
use bytes::Bytes;
use std::{collections::HashMap, io::ErrorKind, pin::pin};
use tokio::{
    io::{AsyncRead, AsyncWrite, WriteHalf},
    sync::mpsc::{self, error::TrySendError},
    task::JoinSet,
    time::{Instant, sleep_until},
};

/// Forwards connections until the client is gone.
pub async fn serve<S>(stream: S, connect: Connect) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (reader, writer) = tokio::io::split(stream);
    let mut forwarder = Forwarder {
        writer: Writer::new(writer),
        connect,
        pairs: Pairs::default(),
        incoming: HashMap::new(),
        running: JoinSet::new(),
    };
    let mut reading = pin!(read(Reader::new(reader), None, forwarder.writer.clone()));
    loop {
        let due = forwarder.pairs.due();
        tokio::select! {
            (reader, event) = &mut reading => {
                let Some(event) = event? else { return Ok(()) };
                let delivery = forwarder.handle(event).await?;
                reading.set(read(reader, delivery, forwarder.writer.clone()));
            }
            Some(ended) = forwarder.running.join_next() => {
                if let Ok(stream) = ended {
                    forwarder.incoming.remove(&stream);
                }
            }
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => forwarder.expire().await?,
        }
    }
}

/// A step of reading, once what was read before is delivered; it goes on when something else happens meanwhile.
async fn read<R, W>(
    mut reader: Reader<R>,
    delivery: Option<Delivery>,
    writer: Writer<W>,
) -> (Reader<R>, Result<Option<Event>>)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let delivered = match delivery {
        // A connection that has ended does not want any more.
        Some((sender, data)) => reassuring(sender.send(data), || writer.ping()).await.map(drop),
        None => Ok(()),
    };
    let event = match delivered {
        Ok(()) => reader.next().await,
        Err(gone) => Err(gone),
    };
    (reader, event)
}

/// What waits until a connection has room for it.
type Delivery = (mpsc::Sender<Bytes>, Bytes);

struct Forwarder<S> {
    writer: Writer<WriteHalf<S>>,
    connect: Connect,
    pairs: Pairs,
    /// Where data goes, by the stream on which it comes; and whether it is read there already.
    incoming: HashMap<u32, (mpsc::Sender<Bytes>, bool)>,
    /// The connections; each gives back its stream when it has ended.
    running: JoinSet<u32>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Forwarder<S> {
    /// Does what an event asks for; returns what is to be delivered before the next.
    async fn handle(&mut self, event: Event) -> Result<Option<Delivery>> {
        match event {
            Event::Open { stream, headers } => self.open(stream, &headers).await?,
            Event::Data { stream, data } => return self.pass_on(stream, data).await,
            Event::End { stream } | Event::Reset { stream } => _ = self.incoming.remove(&stream),
            Event::Ping(number) => self.writer.pong(number).await?,
            Event::GoAway => {}
        }
        Ok(None)
    }

    async fn open(&mut self, stream: u32, headers: &Headers) -> Result<()> {
        if self.pairs.len() + self.running.len() >= limits::FORWARDED {
            return self.writer.reset(stream, Refused::Stream).await;
        }
        let opened = match Opened::read(stream, headers) {
            Ok(opened) => opened,
            Err(why) => {
                tracing::debug!(why, "a stream is refused");
                return self.writer.reset(stream, Refused::Cancelled).await;
            }
        };
        let (sender, incoming) = mpsc::channel(limits::QUEUE);
        let is_data = opened.is_data;
        let Ok(pair) = self.pairs.add(opened, incoming, Instant::now() + limits::CREATION) else {
            return self.writer.reset(stream, Refused::Cancelled).await;
        };
        self.writer.accept(stream).await?;
        if is_data {
            self.incoming.insert(stream, (sender, false));
        }
        if let Some(pair) = pair {
            if let Some((_, is_read)) = self.incoming.get_mut(&pair.data.stream) {
                *is_read = true;
            }
            self.running.spawn(forward(pair, self.writer.clone(), self.connect.clone()));
        }
        Ok(())
    }

    /// Who is slow is waited for by all others: there is no way to tell the client about one stream alone.
    async fn pass_on(&mut self, stream: u32, data: Bytes) -> Result<Option<Delivery>> {
        let Some((sender, is_read)) = self.incoming.get(&stream) else { return Ok(None) };
        if *is_read {
            return Ok(Some((sender.clone(), data)));
        }
        if let Err(TrySendError::Full(_)) = sender.try_send(data) {
            self.incoming.remove(&stream);
            self.writer.reset(stream, Refused::Cancelled).await?;
        }
        Ok(None)
    }

    async fn expire(&mut self) -> Result<()> {
        for stream in self.pairs.expire(Instant::now()) {
            self.incoming.remove(&stream);
            self.writer.reset(stream, Refused::Cancelled).await?;
        }
        Ok(())
    }
}

/// One connection, from its first byte to its last.
async fn forward<W: AsyncWrite + Unpin + Send>(pair: Pair, writer: Writer<W>, connect: Connect) -> u32 {
    let stream = pair.data.stream;
    note(try_forward(pair, writer, connect).await);
    stream
}

async fn try_forward<W: AsyncWrite + Unpin + Send>(pair: Pair, writer: Writer<W>, connect: Connect) -> Result<()> {
    let Pair { data, error } = pair;
    let ended = match connect(data.port).await {
        Ok(connection) => {
            copy::copy(connection, data.incoming, &Sink { writer: writer.clone(), stream: data.stream }).await
        }
        Err(message) => {
            writer.data(error, message.as_bytes()).await?;
            writer.end(error).await?;
            return writer.reset(data.stream, Refused::Cancelled).await;
        }
    };
    match ended {
        // The server in the pod has broken off, as servers do. The client may go on with other connections.
        Err(Error::Io(io)) if [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe].contains(&io.kind()) => {
            writer.reset(data.stream, Refused::Cancelled).await?;
        }
        ended => ended?,
    }
    writer.end(error).await
}

struct Sink<W> {
    writer: Writer<W>,
    stream: u32,
}

impl<W: AsyncWrite + Unpin + Send> copy::Sink for Sink<W> {
    async fn send(&self, data: &[u8]) -> Result<()> {
        self.writer.data(self.stream, data).await
    }

    async fn end(&self) -> Result<()> {
        self.writer.end(self.stream).await
    }
}
