//! The server on a TLS socket.

use crate::{ApiServer, Error, authentication::certificate_user, body::RequestBody, user::User};
use http::Request;
use http_body_util::BodyExt;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto, graceful::GracefulShutdown},
};
use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// How long a client may take for the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long requests under way are waited for when the server stops.
const DRAIN: Duration = Duration::from_secs(2);

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
        let graceful = Arc::new(GracefulShutdown::new());
        let shutdown = server.shutdown.clone();
        loop {
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                () = shutdown.cancelled() => break,
            };
            match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(connection(Arc::clone(&server), acceptor.clone(), stream, Arc::clone(&graceful)));
                }
                // Out of descriptors, mostly: those in use have to be given back first.
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        drop(self.socket);
        if let Some(graceful) = Arc::into_inner(graceful) {
            let _ = tokio::time::timeout(DRAIN, graceful.shutdown()).await;
        }
    }
}

async fn connection(server: Arc<ApiServer>, acceptor: TlsAcceptor, stream: TcpStream, graceful: Arc<GracefulShutdown>) {
    // Answers are small and wanted at once.
    let _ = stream.set_nodelay(true);
    let stream = match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => return tracing::debug!("a TLS handshake took too long"),
    };
    let caller: Option<Arc<User>> = stream
        .get_ref()
        .1
        .peer_certificates()
        .and_then(|chain| chain.first())
        .and_then(|certificate| certificate_user(certificate))
        .map(Arc::new);
    let service = service_fn(move |request: Request<Incoming>| {
        let (server, caller) = (Arc::clone(&server), caller.clone());
        async move {
            let request: Request<RequestBody> = request.map(|body| body.map_err(Into::into).boxed_unsync());
            Ok::<_, Infallible>(server.handle(caller.as_deref(), request).await)
        }
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
    let watched = graceful.watch(connection);
    drop(graceful);
    if let Err(error) = watched.await {
        tracing::debug!(%error, "a connection broke off");
    }
}
