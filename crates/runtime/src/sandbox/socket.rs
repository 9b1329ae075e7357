//! Connections to what listens in a sandbox's network.

use super::Sandbox;
use crate::{
    Error, Result,
    connection::Reply,
    protocol::{Answer, Call, Family},
};
use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};
use tokio::net::{TcpSocket, TcpStream};

impl Sandbox {
    /// Connects to a port as a program in the sandbox would to `localhost`: by IPv4, or else by IPv6, as a server may
    /// listen in one of them only.
    pub async fn connect_tcp(&self, port: u16) -> Result<TcpStream> {
        self.check_version()?;
        let ipv4 = match self.connect_to(Family::Ipv4, (Ipv4Addr::LOCALHOST, port).into()).await? {
            Ok(stream) => return Ok(stream),
            Err(error) => error,
        };
        let ipv6 = match self.connect_to(Family::Ipv6, (Ipv6Addr::LOCALHOST, port).into()).await? {
            Ok(stream) => return Ok(stream),
            Err(error) => error,
        };
        Err(Error::Connect { sandbox: self.id().to_owned(), port, ipv4, ipv6 })
    }

    /// A socket belongs to the network of whoever makes it: the supervisor does, whose network is the sandbox's.
    async fn connect_to(&self, family: Family, address: SocketAddr) -> Result<io::Result<TcpStream>> {
        let made = self.inner.connection.call_with(Call::Socket { family }, Vec::new()).await;
        let made = match made.map_err(|error| self.explain("", error)) {
            Ok(Reply { answer: Answer::Socket, descriptor: Some(socket) }) => socket,
            Ok(_) => return Err(self.gone()),
            // A kernel without this family, perhaps.
            Err(Error::Sandbox { message, .. }) => return Ok(Err(io::Error::other(message))),
            Err(error) => return Err(error),
        };
        let socket = TcpSocket::from_std_stream(made.into());
        Ok(socket.connect(address).await)
    }
}
