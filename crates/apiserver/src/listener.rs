//! The server on a TLS socket.

mod addresses;
mod counted;

use crate::{
    ApiServer, Error,
    authentication::certificate_user,
    connection::{self, Protocol},
    limits,
    user::User,
};
use addresses::{Addresses, Admitted};
use counted::Counted;
use rustix::net::sockopt;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::task::TaskTracker;

/// How long to wait when no connection can be accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// A socket that is bound but not served yet.
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

/// Takes an address; it fails at once if it is taken.
pub async fn bind(address: SocketAddr) -> Result<Listener, Error> {
    let failed = |source| Error::Listen { address, source };
    let socket = TcpListener::bind(address).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    Ok(Listener { socket, address })
}

impl Listener {
    /// Where it listens: with the port that the kernel chose if none was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the server is told to stop, then lets requests under way finish.
    pub async fn serve(self, server: Arc<ApiServer>, tls: rustls::ServerConfig) {
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let (connections, addresses) = (TaskTracker::new(), Addresses::default());
        while let Some(accepted) = server.shutdown.run_until_cancelled(self.socket.accept()).await {
            match accepted.map(|(stream, peer)| (stream, peer.ip(), addresses.admit(peer.ip()))) {
                Ok((stream, _, Some(admitted))) => {
                    connections.spawn(serve(Arc::clone(&server), acceptor.clone(), stream, admitted));
                }
                Ok((_, address, None)) => tracing::warn!(%address, "too many connections from one address: refused"),
                // Out of descriptors, mostly: those in use have to be given back first.
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        drop(self.socket);
        connections.close();
        // Connections end by themselves in this time, however slow their clients.
        connections.wait().await;
    }
}

async fn serve(server: Arc<ApiServer>, acceptor: TlsAcceptor, stream: TcpStream, admitted: Admitted) {
    if let Err(error) = tune(&stream) {
        tracing::debug!(%error, "cannot tune a connection");
    }
    let handshake = server.shutdown.run_until_cancelled(shake_hands(&acceptor, Counted::new(stream, admitted)));
    if let Some(Some(stream)) = handshake.await {
        let caller = caller(&stream).map(Arc::new);
        let protocol = match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => Protocol::Http2,
            _ => Protocol::Http1,
        };
        connection::serve(Arc::clone(&server), stream, caller, protocol).await;
        server.ended.notify_one();
    }
}

/// Answers are small and wanted at once, and clients that vanished are to be noticed.
fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, limits::KEEP_ALIVE)?;
    sockopt::set_tcp_keepintvl(stream, limits::KEEP_ALIVE)?;
    Ok(())
}

async fn shake_hands<I: AsyncRead + AsyncWrite + Unpin>(acceptor: &TlsAcceptor, stream: I) -> Option<TlsStream<I>> {
    match tokio::time::timeout(limits::HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => return Some(stream),
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
    None
}

/// Whom the client's certificate vouches for.
fn caller<I>(stream: &TlsStream<I>) -> Option<User> {
    let certificate = stream.get_ref().1.peer_certificates()?.first()?;
    certificate_user(certificate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_is_not_waited_for() {
        let (mut client, stream) = tokio::io::duplex(1024);
        let pki = crate::Pki::load_or_create(tempfile::tempdir().unwrap().path(), &[], time::OffsetDateTime::now_utc())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(pki.server_config().unwrap()));
        let started = tokio::time::Instant::now();
        assert!(shake_hands(&acceptor, stream).await.is_none());
        assert_eq!(started.elapsed(), limits::HANDSHAKE);
        assert_eq!(client.read(&mut [0; 16]).await.unwrap(), 0, "the connection is closed");
    }
}
