//! What can go wrong on a connection.

use std::io;

/// Why a connection ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection broke, or stood still for too long.
    #[error("the connection broke off: {0}")]
    Io(#[from] io::Error),
    /// What the client sends is not what was agreed on.
    #[error("the client does not speak {protocol}: {what}")]
    Protocol {
        /// `WebSocket` or `SPDY`.
        protocol: &'static str,
        /// What came.
        what: &'static str,
    },
    /// The client did not ask for all of its streams in time.
    #[error("timed out waiting for client to create streams")]
    Streams,
}

impl Error {
    pub(crate) fn websocket(what: &'static str) -> Self {
        Self::Protocol { protocol: "WebSocket", what }
    }

    pub(crate) fn spdy(what: &'static str) -> Self {
        Self::Protocol { protocol: "SPDY", what }
    }
}
