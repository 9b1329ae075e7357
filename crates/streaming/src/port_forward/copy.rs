//! One forwarded connection.

use super::Connection;
use crate::{Result, limits};
use bytes::Bytes;
use std::pin::pin;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf},
    sync::mpsc,
};

/// Where what comes from the pod goes.
pub trait Sink: Send + Sync {
    /// Waits until the client has taken it.
    fn send(&self, data: &[u8]) -> impl Future<Output = Result<()>> + Send;
    /// The pod sends nothing more.
    fn end(&self) -> impl Future<Output = Result<()>> + Send;
}

/// Copies both ways until the pod sends nothing more: then its clients expect the end. `incoming` is what the client sends;
/// when that ends, the client only reads.
pub async fn copy(connection: Box<dyn Connection>, incoming: mpsc::Receiver<Bytes>, sink: &impl Sink) -> Result<()> {
    let (from, to) = tokio::io::split(connection);
    let (writing, mut reading) = (write(to, incoming), pin!(read(from, sink)));
    tokio::select! {
        ended = &mut reading => return ended,
        // If it does not take any more, it has perhaps answered before.
        _written = writing => {}
    }
    reading.await
}

async fn write(mut to: WriteHalf<Box<dyn Connection>>, mut incoming: mpsc::Receiver<Bytes>) -> Result<()> {
    while let Some(data) = incoming.recv().await {
        to.write_all(&data).await?;
    }
    // The other side may be gone, and then nobody minds.
    let _ = to.shutdown().await;
    Ok(())
}

async fn read(mut from: ReadHalf<Box<dyn Connection>>, sink: &impl Sink) -> Result<()> {
    let mut chunk = vec![0; limits::CHUNK];
    let ended = loop {
        match from.read(&mut chunk).await {
            Ok(0) => break Ok(()),
            Ok(length) => sink.send(chunk.get(..length).unwrap_or_default()).await?,
            Err(error) => break Err(error.into()),
        }
    };
    sink.end().await?;
    ended
}
