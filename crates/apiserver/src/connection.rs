//! HTTP on one connection: as long as something goes on, and no longer.

mod activity;
mod delivery;

use crate::{ApiServer, body::RequestBody, limits, user::User};
use activity::Activity;
use delivery::Delivery;
use http::Request;
use http_body_util::BodyExt;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulConnection},
};
use std::{convert::Infallible, fmt::Display, pin::pin, sync::Arc};
use tokio::io::{AsyncRead, AsyncWrite};

/// What a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

/// Serves one connection until it ends, stands still, or the server is told to stop.
pub async fn serve<I>(server: Arc<ApiServer>, io: I, caller: Option<Arc<User>>, protocol: Protocol)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Arc::new(Activity::new());
    let (shutdown, watched) = (server.shutdown.clone(), Arc::clone(&activity));
    let service = service_fn(move |request: Request<Incoming>| {
        let (server, caller, activity) = (Arc::clone(&server), caller.clone(), Arc::clone(&watched));
        async move {
            let (hold, taken) = (activity.hold(), activity.request());
            let request: Request<RequestBody> = request.map(|body| body.map_err(Into::into).boxed_unsync());
            let response = server.handle(caller.as_deref(), request).await;
            drop(hold);
            Ok::<_, Infallible>(response.map(|body| Delivery::new(body, activity, taken)))
        }
    });
    let stop = async {
        tokio::select! {
            () = activity.end() => tracing::debug!("a connection stands still"),
            () = shutdown.cancelled() => {}
        }
    };
    let builder = builder(protocol);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(io), service);
    drive(connection, stop, activity.excess()).await;
}

/// Time limits are ours, not hyper's: the same for both protocols.
fn builder(protocol: Protocol) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().header_read_timeout(None).max_buf_size(limits::BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits::PING)
        .keep_alive_timeout(limits::PONG)
        .max_concurrent_streams(limits::STREAMS)
        .max_pending_accept_reset_streams(limits::UNSEEN_RESETS)
        .max_local_error_reset_streams(limits::RESETS)
        .max_header_list_size(limits::HEADER_BYTES)
        .initial_stream_window_size(limits::STREAM_WINDOW)
        .initial_connection_window_size(limits::CONNECTION_WINDOW)
        .max_send_buf_size(limits::SEND_BUFFER);
    match protocol {
        Protocol::Http1 => builder.http1_only(),
        Protocol::Http2 => builder.http2_only(),
    }
}

/// Drives a connection to its end: by itself; gently, when `stop` says so; at once, when there is an `excess`.
async fn drive<C>(connection: C, stop: impl Future<Output = ()>, excess: impl Future<Output = ()>)
where
    C: GracefulConnection<Error: Display>,
{
    let mut connection = pin!(connection);
    let ending = async {
        tokio::select! {
            // The clock first: a look at the connection may find a little room for more of an answer.
            biased;
            () = stop => connection.as_mut().graceful_shutdown(),
            ended = connection.as_mut() => return ended,
        }
        // What is left then is not waited for.
        tokio::time::timeout(limits::DRAIN, connection).await.unwrap_or(Ok(()))
    };
    tokio::select! {
        ended = ending => if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke off");
        },
        () = excess => tracing::warn!("a client takes back what it asks for, over and over: its connection is closed"),
    }
}

#[cfg(test)]
mod tests;
