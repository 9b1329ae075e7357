//! A connection that counts for its address until it is closed: also when it is no HTTP any more, and somebody else has it.

use super::addresses::Admitted;
use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub(super) struct Counted<S> {
    stream: S,
    _admitted: Admitted,
}

impl<S> Counted<S> {
    pub(super) fn new(stream: S, admitted: Admitted) -> Self {
        Self { stream, _admitted: admitted }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{limits::CONNECTIONS_AN_ADDRESS, listener::addresses::Addresses};
    use std::net::{IpAddr, Ipv4Addr};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn a_connection_counts_until_it_is_dropped() {
        let (addresses, peer) = (Addresses::default(), IpAddr::V4(Ipv4Addr::LOCALHOST));
        let (mut client, server) = tokio::io::duplex(64);
        let mut counted = Counted::new(server, addresses.admit(peer).unwrap());
        let _others: Vec<_> = (1..CONNECTIONS_AN_ADDRESS).map(|_| addresses.admit(peer).unwrap()).collect();
        client.write_all(b"in").await.unwrap();
        counted.read_exact(&mut [0; 2]).await.unwrap();
        counted.write_all(b"out").await.unwrap();
        client.read_exact(&mut [0; 3]).await.unwrap();
        assert!(addresses.admit(peer).is_none());
        drop(counted);
        assert!(addresses.admit(peer).is_some());
    }
}
