//! Sends to a client.

use super::{
    frame::{self, Refused},
    headers::Packer,
};
use crate::Result;
use std::sync::Arc;
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    sync::{Mutex, MutexGuard},
};

/// Sends frames, one at a time. Cheap to clone.
pub struct Writer<W>(Arc<Mutex<State<W>>>);

struct State<W> {
    stream: W,
    packer: Packer,
}

impl<W> Clone for Writer<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    pub fn new(stream: W) -> Self {
        Self(Arc::new(Mutex::new(State { stream, packer: Packer::new() })))
    }

    /// Accepts a stream.
    pub async fn accept(&self, stream: u32) -> Result<()> {
        let mut state = self.0.lock().await;
        let headers = state.packer.nothing();
        send(state, &frame::syn_reply(stream, &headers)).await
    }

    /// Sends data on a stream; waits until the connection has taken it.
    pub async fn data(&self, stream: u32, data: &[u8]) -> Result<()> {
        let frame = [&frame::data(stream, false, data.len()), data].concat();
        send(self.0.lock().await, &frame).await
    }

    /// Says that nothing more will be sent on a stream.
    pub async fn end(&self, stream: u32) -> Result<()> {
        send(self.0.lock().await, &frame::data(stream, true, 0)).await
    }

    /// Ends a stream in both directions.
    pub async fn reset(&self, stream: u32, why: Refused) -> Result<()> {
        send(self.0.lock().await, &frame::rst_stream(stream, why)).await
    }

    pub async fn pong(&self, number: [u8; 4]) -> Result<()> {
        send(self.0.lock().await, &frame::ping(number)).await
    }
}

async fn send<W: AsyncWrite + Unpin>(mut state: MutexGuard<'_, State<W>>, frame: &[u8]) -> Result<()> {
    state.stream.write_all(frame).await?;
    Ok(state.stream.flush().await?)
}
