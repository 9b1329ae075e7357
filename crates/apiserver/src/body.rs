//! Bodies of requests and responses.

use crate::limits;
use bytes::{Bytes, BytesMut};
use futures::Stream;
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use machinery::status::Status;
use std::convert::Infallible;

/// What a request carries: whole or streamed, from a socket or from this process.
pub type RequestBody = UnsyncBoxBody<Bytes, BoxError>;
/// What a response carries.
pub type ResponseBody = UnsyncBoxBody<Bytes, BoxError>;
/// Any error of a body's transport.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The most a request may carry, in bytes (`MaxRequestBodyBytes` of `k8s.io/apiserver/pkg/server/config.go`).
const LIMIT: usize = 3 << 20;

/// How much of a body that is too large is read and thrown away: a client reads the answer when it has sent all, and a
/// connection that is closed before takes the answer along.
const DISCARDED: usize = 4 * LIMIT;

/// A body that is there as a whole.
pub fn full(bytes: impl Into<Bytes>) -> ResponseBody {
    Full::new(bytes.into()).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// A body that is sent while it grows.
pub fn streamed(chunks: impl Stream<Item = Bytes> + Send + 'static) -> ResponseBody {
    use futures::StreamExt;
    StreamBody::new(chunks.map(|chunk| Ok::<_, BoxError>(Frame::data(chunk)))).boxed_unsync()
}

/// Reads the whole body, within the limits of bytes and time.
pub async fn read(body: RequestBody) -> Result<Bytes, Status> {
    let late = |_| Status::timeout("request did not complete within the allotted timeout", 0);
    tokio::time::timeout(limits::BODY, read_all(body)).await.map_err(late)?
}

async fn read_all(mut body: RequestBody) -> Result<Bytes, Status> {
    let announced = body.size_hint().lower() > LIMIT as u64;
    let (mut read, mut length) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Status::bad_request(format!("cannot read the request's body: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if !announced && length <= LIMIT {
            read.extend_from_slice(&data);
        }
        if length > LIMIT + DISCARDED {
            break;
        }
    }
    if announced || length > LIMIT { Err(Status::too_large(LIMIT as u64)) } else { Ok(read.freeze()) }
}
