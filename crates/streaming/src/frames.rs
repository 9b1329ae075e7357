//! Frames on their way to a client, each of them whole: who waits for one to be sent may be told to do something else in
//! the middle of it, and then the rest goes before the next.

use crate::Result;
use bytes::BytesMut;
use tokio::io::{AsyncWrite, AsyncWriteExt};

pub struct Frames<W> {
    stream: W,
    /// What the connection has not taken yet.
    unsent: BytesMut,
}

impl<W: AsyncWrite + Unpin> Frames<W> {
    pub fn new(stream: W) -> Self {
        Self { stream, unsent: BytesMut::new() }
    }

    /// Sends a frame, which is given in parts; waits until the connection has taken it. When the wait ends early, the frame
    /// is sent all the same, with the next.
    pub async fn send(&mut self, parts: &[&[u8]]) -> Result<()> {
        for part in parts {
            self.unsent.extend_from_slice(part);
        }
        self.stream.write_all_buf(&mut self.unsent).await?;
        // Nothing is kept for who sends seldom.
        self.unsent = BytesMut::new();
        Ok(self.stream.flush().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;
    use tokio::{
        io::{AsyncReadExt, duplex},
        time::timeout,
    };

    #[tokio::test(start_paused = true)]
    async fn a_frame_that_was_given_up_in_the_middle_is_whole_before_the_next() {
        let (mut client, far) = duplex(4);
        let mut frames = Frames::new(far);
        assert!(timeout(limits::REASSURANCE, frames.send(&[b"one ", b"two "])).await.is_err());
        let sending = async {
            frames.send(&[b"three"]).await.unwrap();
            drop(frames);
        };
        let mut sent = String::new();
        let (read, ()) = tokio::join!(client.read_to_string(&mut sent), sending);
        read.unwrap();
        assert_eq!(sent, "one two three");
    }
}
