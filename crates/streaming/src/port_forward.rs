//! TCP connections to ports of a pod, many on one connection (`k8s.io/cri-streaming/pkg/streaming/portforward`).

mod channels;
mod copy;
mod pairs;
mod ports;
mod spdy;

use crate::{
    Accepted, Error, Refusal, Result,
    idle::Idle,
    limits,
    upgrade::{Transport, transport},
    websocket::{self, Coding},
};
use http::HeaderMap;
use std::{pin::Pin, sync::Arc};
use tokio::io::{AsyncRead, AsyncWrite};

/// What was agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protocol {
    /// A pair of SPDY streams for each connection.
    Spdy,
    /// The same, inside a WebSocket.
    Tunnel,
    /// A pair of a WebSocket's channels for each port, which is one connection.
    Channels(Coding, Vec<u16>),
}

/// Connects to a port; the error's text is for the client.
pub type Connect = Arc<dyn Fn(u16) -> Connecting + Send + Sync>;
/// Until it is connected.
pub type Connecting = Pin<Box<dyn Future<Output = Result<Box<dyn Connection>, String>> + Send>>;

/// What was connected to.
pub trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

#[derive(Debug, Clone, Copy)]
enum Form {
    Tunnel,
    Channels(Coding),
}

const WEBSOCKET: &[(&str, Form)] = &[
    ("SPDY/3.1+portforward.k8s.io", Form::Tunnel),
    ("v4.channel.k8s.io", Form::Channels(Coding::Binary)),
    ("v4.base64.channel.k8s.io", Form::Channels(Coding::Base64)),
    ("", Form::Channels(Coding::Binary)),
];

const SPDY: &[(&str, ())] = &[("portforward.k8s.io", ())];

/// Whether a request asks for a protocol that is spoken here, and what it is answered. `ports` are those that its query
/// names, each perhaps several.
pub fn accept(headers: &HeaderMap, ports: &[String]) -> Result<Accepted<Protocol>, Refusal> {
    let transport = transport(headers)?;
    let (name, protocol) = match transport {
        Transport::WebSocket { .. } => {
            let (name, form) = transport.choose(headers, WEBSOCKET)?;
            let protocol = match form {
                Form::Tunnel => Protocol::Tunnel,
                Form::Channels(coding) => {
                    let ports = ports::parse(ports, coding.channels()).map_err(Refusal::bad_request)?;
                    Protocol::Channels(coding, ports)
                }
            };
            (name, protocol)
        }
        Transport::Spdy => (transport.choose(headers, SPDY)?.0, Protocol::Spdy),
    };
    Ok(Accepted { protocol, response: transport.switch(name) })
}

/// Forwards connections until the client is gone.
pub async fn serve<S>(protocol: Protocol, stream: S, connect: Connect) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stream = Idle::new(stream, limits::IDLE);
    match protocol {
        Protocol::Spdy => spdy::serve(stream, connect).await,
        Protocol::Tunnel => websocket::tunnel(stream, |inner| spdy::serve(inner, connect)).await,
        Protocol::Channels(coding, ports) => channels::serve(stream, coding, &ports, connect).await,
    }
}

/// That a connection of many has ended is no reason to end the others.
fn note(ended: Result<(), Error>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a forwarded connection broke off");
    }
}

#[cfg(test)]
mod tests;
