//! A client of SPDY, for tests.

use super::{
    headers::Packer,
    reader::tests::{data, open},
};
use std::collections::BTreeMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// A client.
pub struct Client {
    stream: DuplexStream,
    packer: Packer,
    /// What came while something else was waited for.
    sent: BTreeMap<u32, Vec<u8>>,
    ended: Vec<u32>,
    reset: Vec<u32>,
}

impl Client {
    pub fn new(stream: DuplexStream) -> Self {
        Self { stream, packer: Packer::new(), sent: BTreeMap::new(), ended: Vec::new(), reset: Vec::new() }
    }

    /// Opens a stream, which must be accepted.
    pub async fn open(&mut self, stream: u32, headers: &[(&str, &str)]) {
        assert!(self.try_open(stream, headers).await, "stream {stream} is refused");
    }

    pub async fn try_open(&mut self, stream: u32, headers: &[(&str, &str)]) -> bool {
        let frame = open(&mut self.packer, stream, headers);
        self.stream.write_all(&frame).await.unwrap();
        loop {
            if let Some(accepted) = self.read().await.filter(|accepted| *accepted == stream) {
                return !self.reset.contains(&accepted);
            }
        }
    }

    pub async fn data(&mut self, stream: u32, is_final: bool, bytes: &[u8]) {
        self.stream.write_all(&data(stream, is_final, bytes)).await.unwrap();
    }

    /// Reads until so much has come on a stream.
    pub async fn read_data(&mut self, stream: u32, length: usize) -> Vec<u8> {
        while self.sent.get(&stream).map_or(0, Vec::len) < length {
            self.read().await;
        }
        self.sent.remove(&stream).unwrap_or_default()
    }

    /// Reads until all these streams have ended; returns what came.
    pub async fn read_until_ended(&mut self, streams: &[u32]) -> BTreeMap<u32, Vec<u8>> {
        while !streams.iter().all(|stream| self.ended.contains(stream) || self.reset.contains(stream)) {
            self.read().await;
        }
        std::mem::take(&mut self.sent)
    }

    pub fn is_reset(&self, stream: u32) -> bool {
        self.reset.contains(&stream)
    }

    /// Reads a frame; returns the stream that it accepts or refuses.
    async fn read(&mut self) -> Option<u32> {
        let mut head = [0; 8];
        self.stream.read_exact(&mut head).await.unwrap();
        let mut body = vec![0; usize::from(head[6]) << 8 | usize::from(head[7])];
        self.stream.read_exact(&mut body).await.unwrap();
        let number = |bytes: &[u8]| u32::from_be_bytes(*bytes.first_chunk().unwrap());
        if head[0] & 0x80 == 0 {
            let stream = number(&head);
            self.sent.entry(stream).or_default().extend(body);
            if head[4] & 1 != 0 {
                self.ended.push(stream);
            }
            return None;
        }
        let stream = number(&body);
        match head[3] {
            2 => Some(stream),
            3 => {
                self.reset.push(stream);
                Some(stream)
            }
            _ => None,
        }
    }
}
