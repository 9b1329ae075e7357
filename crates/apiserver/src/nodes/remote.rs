//! A node elsewhere: HTTPS to its kubelet's port, both sides showing certificates of the cluster's authority.

use super::{Error, Node};
use crate::body::{RequestBody, ResponseBody};
use futures::{FutureExt, future::BoxFuture};
use http::{HeaderValue, Request, Response, StatusCode, header::HOST};
use http_body_util::BodyExt;
use hyper::{client::conn::http1, upgrade::OnUpgrade};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::{io, net::IpAddr, sync::Arc, time::Duration};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// How long a node may take to accept a connection and to prove who it is.
const CONNECT: Duration = Duration::from_secs(10);

/// A node behind an address.
pub(super) struct Remote {
    host: String,
    port: u16,
    tls: Arc<rustls::ClientConfig>,
}

impl Remote {
    pub fn new(host: String, port: u16, tls: Arc<rustls::ClientConfig>) -> Self {
        Self { host, port, tls }
    }

    fn authority(&self) -> String {
        match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V6(ip)) => format!("[{ip}]:{}", self.port),
            _ => format!("{}:{}", self.host, self.port),
        }
    }
}

impl Node for Remote {
    fn ask(&self, request: Request<RequestBody>) -> BoxFuture<'static, Result<Response<ResponseBody>, Error>> {
        let name = ServerName::try_from(self.host.clone()).map_err(|_| Error::Name(self.host.clone()));
        let (tls, authority) = (TlsConnector::from(Arc::clone(&self.tls)), self.authority());
        async move {
            let connecting = connect(tls, name?, &authority);
            let connected = tokio::time::timeout(CONNECT, connecting).await.unwrap_or_else(|_| Err(timed_out()));
            let stream = connected.map_err(|source| Error::Connect { authority: authority.clone(), source })?;
            send(stream, &authority, request).await.map_err(|source| Error::Http { authority, source })
        }
        .boxed()
    }
}

async fn connect(tls: TlsConnector, name: ServerName<'static>, authority: &str) -> io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    tls.connect(name, stream).await
}

fn timed_out() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "i/o timeout")
}

/// One connection a request: logs and streams hold theirs for long, other questions are seldom.
async fn send(
    stream: TlsStream<TcpStream>,
    authority: &str,
    mut request: Request<RequestBody>,
) -> Result<Response<ResponseBody>, hyper::Error> {
    if let Ok(host) = HeaderValue::from_str(authority) {
        request.headers_mut().insert(HOST, host);
    }
    let client = request.extensions_mut().remove();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.with_upgrades().await {
            tracing::debug!(%error, "a connection to a node broke off");
        }
    });
    let mut response = sender.send_request(request).await?;
    if let Some(client) = client.filter(|_| response.status() == StatusCode::SWITCHING_PROTOCOLS) {
        tokio::spawn(pass_on(client, hyper::upgrade::on(&mut response)));
    }
    Ok(response.map(|body| body.map_err(Into::into).boxed_unsync()))
}

/// Passes on the bytes of a connection that is not HTTP any more, both ways, as fast as they are taken.
async fn pass_on(client: OnUpgrade, node: OnUpgrade) {
    let connected = async {
        let (client, node) = tokio::try_join!(client, node).map_err(io::Error::other)?;
        tokio::io::copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(node)).await
    };
    if let Err(error) = connected.await {
        tracing::debug!(%error, "a connection between a client and a node broke off");
    }
}
