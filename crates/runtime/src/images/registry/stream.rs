//! From the reactor to a thread that may block: a download as a plain reader.

use super::answer::with_causes;
use crate::images::{
    Error,
    ingest::{Stopped, interrupted},
};
use futures::{StreamExt, stream::BoxStream};
use oci_client::errors::DigestError;
use std::io::{self, Read};
use tokio::sync::mpsc;

/// Pieces that wait for the disk, each of up to some 16 KiB.
const QUEUE: usize = 64;

/// Reads a download in a thread that may block. Dropping it ends the download.
pub(in crate::images) struct StreamReader {
    what: String,
    pieces: mpsc::Receiver<Piece>,
    current: io::Cursor<Vec<u8>>,
    ended: bool,
}

enum Piece {
    Bytes(Vec<u8>),
    Failed(Error),
    /// All bytes have come: without this, the end of the queue is none of the download.
    End,
}

impl StreamReader {
    /// Begins to download in a task of its own, which ends early when `stopped` says so.
    pub fn new(
        what: String,
        host: String,
        stream: BoxStream<'static, io::Result<impl Into<Vec<u8>> + Send + 'static>>,
        stopped: Stopped,
    ) -> Self {
        let (sender, pieces) = mpsc::channel(QUEUE);
        tokio::spawn(download(what.clone(), host, stream, stopped, sender));
        Self { what, pieces, current: io::Cursor::default(), ended: false }
    }
}

async fn download(
    what: String,
    host: String,
    mut stream: BoxStream<'static, io::Result<impl Into<Vec<u8>> + Send>>,
    mut stopped: Stopped,
    pieces: mpsc::Sender<Piece>,
) {
    loop {
        let next = tokio::select! {
            next = stream.next() => next,
            () = pieces.closed() => return,
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        let piece = match next {
            Some(Ok(bytes)) => Piece::Bytes(bytes.into()),
            Some(Err(error)) if !is_mismatch(&error) => Piece::Failed(broken(&what, &host, &error)),
            // Whoever unpacks verifies too, and can tell both digests.
            Some(Err(_)) | None => Piece::End,
        };
        let last = !matches!(piece, Piece::Bytes(_));
        if pieces.send(piece).await.is_err() || last {
            return;
        }
    }
}

impl Read for StreamReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.current.read(buffer)?;
            if count > 0 || self.ended || buffer.is_empty() {
                return Ok(count);
            }
            match self.pieces.blocking_recv() {
                Some(Piece::Bytes(bytes)) => self.current = io::Cursor::new(bytes),
                Some(Piece::End) => self.ended = true,
                Some(Piece::Failed(error)) => return Err(io::Error::other(error)),
                None => return Err(io::Error::other(interrupted(&self.what, "the download was given up"))),
            }
        }
    }
}

/// Whether the registry client found, at the end, that the bytes are not those it asked for.
pub(super) fn is_mismatch(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<DigestError>());
    matches!(inner, Some(DigestError::VerificationError { .. }))
}

/// The connection broke on the way.
pub(super) fn broken(what: &str, host: &str, error: &io::Error) -> Error {
    let reason = error.get_ref().map_or_else(|| error.to_string(), |inner| with_causes(inner));
    Error::Unavailable { what: what.to_owned(), host: host.to_owned(), reason }
}
