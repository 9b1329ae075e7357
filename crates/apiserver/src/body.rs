//! Bodies of requests and responses.

use api::status::Status;
use bytes::Bytes;
use futures::Stream;
use http_body::Frame;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited, StreamBody, combinators::UnsyncBoxBody};
use std::convert::Infallible;

/// What a request carries: whole or streamed, from a socket or from this process.
pub type RequestBody = UnsyncBoxBody<Bytes, BoxError>;
/// What a response carries.
pub type ResponseBody = UnsyncBoxBody<Bytes, BoxError>;
/// Any error of a body's transport.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The most a request may carry, in bytes (`MaxRequestBodyBytes` of `k8s.io/apiserver/pkg/server/config.go`).
const LIMIT: usize = 3 << 20;

/// A body that is there as a whole.
pub fn full(bytes: impl Into<Bytes>) -> ResponseBody {
    Full::new(bytes.into()).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// A body that is sent while it grows.
pub fn streamed(chunks: impl Stream<Item = Bytes> + Send + 'static) -> ResponseBody {
    use futures::StreamExt;
    StreamBody::new(chunks.map(|chunk| Ok::<_, BoxError>(Frame::data(chunk)))).boxed_unsync()
}

/// Reads the whole body, up to the limit of Kubernetes.
pub async fn read(body: RequestBody) -> Result<Bytes, Status> {
    match Limited::new(body, LIMIT).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Status::too_large(LIMIT as u64))
        }
        Err(error) => Err(Status::bad_request(format!("cannot read the request's body: {error}"))),
    }
}
