//! A text that grows while it is sent: the answer's body, or messages for who asks for a WebSocket
//! (`k8s.io/apiserver/pkg/endpoints/handlers/responsewriters`, `StreamObject`).

use super::Call;
use crate::{
    body::{ResponseBody, full},
    response,
};
use bytes::Bytes;
use http::Response;
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use streaming::{
    Refusal,
    messages::{accept, serve},
};
use tokio::sync::mpsc;

/// Pieces that wait for a client that is slow.
const QUEUE: usize = 4;

pub fn answer(call: &Call<'_>, media_type: &'static str, body: ResponseBody) -> Response<ResponseBody> {
    let Some(upgrade) = call.upgrade.clone().filter(|_| streaming::is_upgrade(&call.headers)) else {
        return response::stream(media_type, body);
    };
    let accepted = match accept(&call.headers) {
        Ok(accepted) => accepted,
        Err(refusal) => return refused(refusal),
    };
    let (sender, pieces) = mpsc::channel(QUEUE);
    let protocol = accepted.protocol;
    tokio::spawn(pass_on(body, sender));
    tokio::spawn(async move {
        match upgrade.await {
            Ok(stream) => {
                if let Err(error) = serve(protocol, TokioIo::new(stream), pieces).await {
                    tracing::debug!(%error, "a client's WebSocket ended early");
                }
            }
            Err(error) => tracing::debug!(%error, "a connection did not become a WebSocket"),
        }
    });
    accepted.response.map(|()| full(Bytes::new()))
}

/// Ends with the text, or when nobody listens any more.
async fn pass_on(mut body: ResponseBody, sender: mpsc::Sender<Bytes>) {
    let pass = async {
        while let Some(Ok(frame)) = body.frame().await {
            let Ok(piece) = frame.into_data() else { continue };
            if sender.send(piece).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = pass => {}
        () = sender.closed() => {}
    }
}

fn refused(refusal: Refusal) -> Response<ResponseBody> {
    let mut answer = response::text(refusal.code.as_u16(), refusal.message);
    for (name, value) in refusal.headers {
        answer.headers_mut().append(name, value);
    }
    answer
}
