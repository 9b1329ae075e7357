//! Sends to a client.

use super::{
    frame::{self, Refused},
    headers::Packer,
};
use crate::{Result, frames::Frames};
use std::sync::Arc;
use tokio::{io::AsyncWrite, sync::Mutex};

/// Any even number: those of the client's pings are odd (section 2.6.5 of the draft).
const PING: [u8; 4] = [0, 0, 0, 2];

/// Sends frames, one at a time. Cheap to clone.
pub struct Writer<W>(Arc<Mutex<State<W>>>);

struct State<W> {
    frames: Frames<W>,
    packer: Packer,
}

impl<W> Clone for Writer<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    pub fn new(stream: W) -> Self {
        Self(Arc::new(Mutex::new(State { frames: Frames::new(stream), packer: Packer::new() })))
    }

    /// Accepts a stream.
    pub async fn accept(&self, stream: u32) -> Result<()> {
        let mut state = self.0.lock().await;
        let headers = state.packer.nothing();
        state.frames.send(&[&frame::syn_reply(stream, &headers)]).await
    }

    /// Sends data on a stream; waits until the connection has taken it.
    pub async fn data(&self, stream: u32, data: &[u8]) -> Result<()> {
        self.send(&[&frame::data(stream, false, data.len()), data]).await
    }

    /// Says that nothing more will be sent on a stream.
    pub async fn end(&self, stream: u32) -> Result<()> {
        self.send(&[&frame::data(stream, true, 0)]).await
    }

    /// Ends a stream in both directions.
    pub async fn reset(&self, stream: u32, why: Refused) -> Result<()> {
        self.send(&[&frame::rst_stream(stream, why)]).await
    }

    pub async fn pong(&self, number: [u8; 4]) -> Result<()> {
        self.send(&[&frame::ping(number)]).await
    }

    /// Says that this side is there; the client answers it.
    pub async fn ping(&self) -> Result<()> {
        self.send(&[&frame::ping(PING)]).await
    }

    async fn send(&self, frame: &[&[u8]]) -> Result<()> {
        self.0.lock().await.frames.send(frame).await
    }
}
