//! Sends to a client.

use super::frame::{self, Opcode};
use crate::{Result, frames::Frames};
use std::sync::Arc;
use tokio::{io::AsyncWrite, sync::Mutex};

/// Nothing is wrong (RFC 6455 section 7.4.1).
const NORMAL: u16 = 1000;

/// Sends messages, one at a time. Cheap to clone.
pub struct Writer<W>(Arc<Mutex<Frames<W>>>);

impl<W> Clone for Writer<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    pub fn new(stream: W) -> Self {
        Self(Arc::new(Mutex::new(Frames::new(stream))))
    }

    /// Sends a message; waits until the connection has taken it.
    pub async fn send(&self, opcode: Opcode, payload: &[u8]) -> Result<()> {
        self.0.lock().await.send(&[&frame::head(opcode, payload.len()), payload]).await
    }

    pub async fn binary(&self, payload: &[u8]) -> Result<()> {
        self.send(Opcode::Binary, payload).await
    }

    /// Answers a ping; without one it says that this side is there (RFC 6455 section 5.5.3).
    pub async fn pong(&self, payload: &[u8]) -> Result<()> {
        self.send(Opcode::Pong, payload).await
    }

    /// Says that nothing more will be sent.
    pub async fn close(&self) -> Result<()> {
        self.send(Opcode::Close, &NORMAL.to_be_bytes()).await
    }
}
