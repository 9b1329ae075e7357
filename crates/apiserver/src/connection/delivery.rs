//! An answer on its way to a client: what waits for the server keeps the connection, what waits for the client does
//! not.

use super::activity::{Activity, Hold, Request};
use crate::{
    body::{BoxError, ResponseBody},
    limits,
};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

/// A body whose progress is noted. Large pieces go in parts, so that a slow client's progress is seen.
pub(super) struct Delivery {
    body: ResponseBody,
    /// What of the last piece is still to go.
    rest: Bytes,
    activity: Arc<Activity>,
    request: Request,
    /// There while the server has nothing to send.
    waiting: Option<Hold>,
}

impl Delivery {
    pub(super) fn new(body: ResponseBody, activity: Arc<Activity>, mut request: Request) -> Self {
        activity.touch();
        if body.is_end_stream() {
            // Nobody will ask for what it holds.
            request.answered();
        }
        Self { body, rest: Bytes::new(), activity, request, waiting: None }
    }

    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.rest.is_empty() {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                end => return Poll::Ready(end),
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let part = self.rest.split_to(self.rest.len().min(limits::SEND_BUFFER));
        Poll::Ready(Some(Ok(Frame::data(part))))
    }
}

impl Body for Delivery {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.request.answered();
        let frame = self.next(context);
        if frame.is_ready() {
            self.activity.touch();
            self.waiting = None;
        } else if self.waiting.is_none() {
            self.waiting = Some(self.activity.hold());
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, body) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(body.lower().saturating_add(rest));
        if let Some(upper) = body.upper().and_then(|upper| upper.checked_add(rest)) {
            hint.set_upper(upper);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::full;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn a_large_body_goes_in_parts_and_stays_what_it_is() {
        for length in [0, 1, limits::SEND_BUFFER, 3 * limits::SEND_BUFFER + 1] {
            let whole: Bytes = (0..=u8::MAX).cycle().take(length).collect();
            let activity = Arc::new(Activity::new());
            let request = activity.request();
            let mut delivery = Delivery::new(full(whole.clone()), activity, request);
            let mut left = length;
            let mut got = Vec::new();
            assert_eq!(delivery.size_hint().exact(), Some(left as u64));
            while let Some(frame) = delivery.frame().await {
                let part = frame.unwrap().into_data().unwrap();
                assert!(part.len() <= limits::SEND_BUFFER);
                left -= part.len();
                got.extend_from_slice(&part);
                assert_eq!(delivery.size_hint().exact(), Some(left as u64));
                assert_eq!(delivery.is_end_stream(), left == 0);
            }
            assert_eq!(got, whole);
        }
    }
}
