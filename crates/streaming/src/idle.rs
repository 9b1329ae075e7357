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

/// Reading and writing here fail once nothing was read or written for a while.
pub struct Idle<S> {
    stream: S,
    limit: Duration,
    /// Both are due at the same time; those who read and who write are woken by one each.
    reading: Pin<Box<Sleep>>,
    writing: Pin<Box<Sleep>>,
}

impl<S> Idle<S> {
    pub fn new(stream: S, limit: Duration) -> Self {
        Self { stream, limit, reading: Box::pin(sleep(limit)), writing: Box::pin(sleep(limit)) }
    }

    fn touch(&mut self) {
        let due = Instant::now() + self.limit;
        self.reading.as_mut().reset(due);
        self.writing.as_mut().reset(due);
    }

    /// What became of an attempt to write.
    fn written<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.touch();
        } else if self.writing.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        written
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
        } else if self.reading.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Idle<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.written(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut_down = Pin::new(&mut self.stream).poll_shutdown(context);
        self.written(context, shut_down)
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

    #[tokio::test(start_paused = true)]
    async fn a_connection_ends_when_the_other_side_takes_nothing() {
        let limit = Duration::from_mins(1);
        let (near, mut far) = tokio::io::duplex(4);
        let mut near = Idle::new(near, limit);
        let begun = Instant::now();
        near.write_all(b"four").await.unwrap();
        sleep(limit / 2).await;
        far.read_exact(&mut [0; 2]).await.unwrap();
        assert_eq!(near.write_all(b"more than fits").await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed(), limit * 3 / 2);
    }
}
