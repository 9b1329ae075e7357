//! A connection that ends when it has carried nothing for long.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

/// What is read here fails once nothing was read or written for a while.
pub struct Idle<S> {
    stream: S,
    limit: Duration,
    due: Pin<Box<Sleep>>,
}

impl<S> Idle<S> {
    pub fn new(stream: S, limit: Duration) -> Self {
        Self { stream, limit, due: Box::pin(sleep(limit)) }
    }

    fn touch(&mut self) {
        let due = Instant::now() + self.limit;
        self.due.as_mut().reset(due);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Idle<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.touch();
        } else if self.due.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Idle<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if written.is_ready() {
            self.touch();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test(start_paused = true)]
    async fn a_connection_ends_when_it_has_carried_nothing_in_either_direction() {
        let limit = Duration::from_mins(1);
        let (near, mut far) = tokio::io::duplex(64);
        let mut near = Idle::new(near, limit);
        let begun = Instant::now();
        for _ in 0..3 {
            sleep(limit / 2).await;
            far.write_all(b"x").await.unwrap();
            near.read_exact(&mut [0]).await.unwrap();
            sleep(limit / 2).await;
            near.write_all(b"x").await.unwrap();
        }
        assert_eq!(near.read(&mut [0]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed(), limit * 4);
    }
}
