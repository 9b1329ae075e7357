//! The streams of a program: standard input, output and error, what became of it, and the size of its terminal
//! (`k8s.io/cri-streaming/pkg/streaming/remotecommand`).

mod channel;
mod resize;
mod session;
mod spdy;
mod status;
mod websocket;

pub use channel::Wanted;
pub use session::{Input, Output, Program};
pub use status::Outcome;

use crate::{
    Accepted, Refusal, Result,
    idle::Idle,
    limits,
    upgrade::{Transport, transport},
    websocket::Coding,
};
use http::HeaderMap;
use tokio::io::{AsyncRead, AsyncWrite};

/// What was agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    WebSocket(Version, Channels),
    Spdy(Version),
}

/// How channels are written on a WebSocket.
pub type Channels = Coding;

/// What the end looks like, and what else there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    V1,
    V2,
    /// A terminal has a size.
    V3,
    /// The end is told as a `Status` with the exit code.
    V4,
    /// On a WebSocket the client can end standard input alone.
    V5,
}

const WEBSOCKET: &[(&str, (Version, Coding))] = &[
    ("v5.channel.k8s.io", (Version::V5, Coding::Binary)),
    ("v4.channel.k8s.io", (Version::V4, Coding::Binary)),
    ("v4.base64.channel.k8s.io", (Version::V4, Coding::Base64)),
    ("channel.k8s.io", (Version::V1, Coding::Binary)),
    ("base64.channel.k8s.io", (Version::V1, Coding::Base64)),
    ("", (Version::V1, Coding::Binary)),
];

const SPDY: &[(&str, Version)] = &[
    ("v5.channel.k8s.io", Version::V5),
    ("v4.channel.k8s.io", Version::V4),
    ("v3.channel.k8s.io", Version::V3),
    ("v2.channel.k8s.io", Version::V2),
    ("channel.k8s.io", Version::V1),
];

/// Whether a request asks for a protocol that is spoken here, and what it is answered.
pub fn accept(headers: &HeaderMap) -> Result<Accepted<Protocol>, Refusal> {
    let transport = transport(headers)?;
    let (name, protocol) = match transport {
        Transport::WebSocket { .. } => {
            let (name, (version, coding)) = transport.choose(headers, WEBSOCKET)?;
            (name, Protocol::WebSocket(version, coding))
        }
        Transport::Spdy => {
            let (name, version) = transport.choose(headers, SPDY)?;
            (name, Protocol::Spdy(version))
        }
    };
    Ok(Accepted { protocol, response: transport.switch(name) })
}

/// Connects a client to a program, which is started when the client is ready. Returns when the client has been told what
/// became of it, or is gone: then the program is let go of.
pub async fn serve<S, F>(protocol: Protocol, stream: S, wanted: Wanted, start: impl FnOnce() -> F + Send) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    F: Future<Output = Result<Program, Outcome>> + Send,
{
    let (reader, writer) = tokio::io::split(Idle::new(stream, limits::IDLE));
    match protocol {
        Protocol::WebSocket(version, coding) => {
            let (client, sink) = websocket::open(reader, writer, version, coding, wanted).await?;
            session::run(client, sink, wanted, version, start).await
        }
        Protocol::Spdy(version) => {
            let (client, sink) = spdy::open(reader, writer, version, wanted).await?;
            session::run(client, sink, wanted, version, start).await
        }
    }
}

#[cfg(test)]
mod tests;
