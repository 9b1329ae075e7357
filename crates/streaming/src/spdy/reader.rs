//! Reads what a client sends.

use super::{
    frame::{self, Head, Kind},
    headers::{Headers, Unpacker},
};
use crate::{Error, Result, limits};
use bytes::Bytes;
use std::io::ErrorKind;
use tokio::io::{AsyncRead, AsyncReadExt};

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The client opens a stream. It is new, and its number higher than all before.
    Open {
        stream: u32,
        headers: Headers,
    },
    Data {
        stream: u32,
        data: Bytes,
    },
    /// The client sends nothing more on a stream.
    End {
        stream: u32,
    },
    /// A stream is over in both directions.
    Reset {
        stream: u32,
    },
    /// To be answered with the same number.
    Ping([u8; 4]),
    /// No streams will follow.
    GoAway,
}

/// Reads frames; passes data on in parts.
pub struct Reader<R> {
    stream: R,
    unpacker: Unpacker,
    /// The highest stream so far.
    last: u32,
    data: Option<Data>,
    /// A stream that has ended with what was passed on last.
    ended: Option<u32>,
}

/// A frame of data that is being read.
#[derive(Clone, Copy)]
struct Data {
    stream: u32,
    is_final: bool,
    left: usize,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    pub fn new(stream: R) -> Self {
        Self { stream, unpacker: Unpacker::new(), last: 0, data: None, ended: None }
    }

    /// What comes next; `None`: the connection has ended.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(stream) = self.ended.take() {
                return Ok(Some(Event::End { stream }));
            }
            if let Some(data) = self.data.take() {
                if let Some(event) = self.part(data).await? {
                    return Ok(Some(event));
                }
                continue;
            }
            let mut head = [0; 8];
            match self.stream.read_exact(&mut head).await {
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
                read => read?,
            };
            match frame::parse(head)? {
                Head::Data { stream, is_final, length } => self.data = Some(Data { stream, is_final, left: length }),
                Head::Control { kind, is_final, length } => {
                    let body = self.body(length).await?;
                    if let Some(event) = self.control(kind, is_final, &body)? {
                        return Ok(Some(event));
                    }
                }
            }
        }
    }

    /// Reads to the end of the connection and forgets what comes.
    pub async fn discard(&mut self) {
        let mut forgotten = vec![0; limits::CHUNK];
        while self.stream.read(&mut forgotten).await.is_ok_and(|length| length > 0) {}
    }

    async fn part(&mut self, mut frame: Data) -> Result<Option<Event>> {
        let Data { stream, is_final, left } = frame;
        if left == 0 {
            self.ended = is_final.then_some(stream);
            return Ok(None);
        }
        let mut data = vec![0; left.min(limits::CHUNK)];
        let length = self.stream.read(&mut data).await?;
        if length == 0 {
            return Err(Error::spdy("a frame that is cut off"));
        }
        data.truncate(length);
        frame.left -= length;
        self.data = Some(frame);
        Ok(Some(Event::Data { stream, data: data.into() }))
    }

    async fn body(&mut self, length: usize) -> Result<Vec<u8>> {
        if length > limits::HEADERS {
            return Err(Error::spdy("a control frame that is too long"));
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok(body)
    }

    fn control(&mut self, kind: Kind, is_final: bool, body: &[u8]) -> Result<Option<Event>> {
        Ok(Some(match kind {
            Kind::SynStream => {
                let stream = frame::stream(body, 0)?;
                // After the stream, another that it belongs to, its priority and slot.
                let headers = self.unpacker.unpack(body.get(10..).unwrap_or_default())?;
                if stream <= self.last || stream.is_multiple_of(2) {
                    return Err(Error::spdy("a stream that is not new"));
                }
                self.last = stream;
                self.ended = is_final.then_some(stream);
                Event::Open { stream, headers }
            }
            // They say nothing here, but those that follow are packed with them.
            Kind::SynReply | Kind::Headers => {
                self.unpacker.unpack(body.get(4..).unwrap_or_default())?;
                return Ok(None);
            }
            Kind::RstStream => Event::Reset { stream: frame::stream(body, 0)? },
            Kind::Ping => {
                let number = body.first_chunk().ok_or_else(|| Error::spdy("a frame that is cut off"))?;
                // Those with even numbers are answers to ours, which say nothing new.
                if number[3].is_multiple_of(2) {
                    return Ok(None);
                }
                Event::Ping(*number)
            }
            Kind::GoAway => Event::GoAway,
            Kind::Other => return Ok(None),
        }))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::spdy::headers::{Packer, tests::pack};

    /// A frame that opens a stream as a client sends it.
    pub(crate) fn open(packer: &mut Packer, stream: u32, headers: &[(&str, &str)]) -> Vec<u8> {
        let body = [&stream.to_be_bytes()[..], &[0; 6], &pack(packer, headers)].concat();
        [&[0x80, 3, 0, 1, 0, 0, 0, u8::try_from(body.len()).unwrap()][..], &body].concat()
    }

    /// Data on a stream.
    pub(crate) fn data(stream: u32, is_final: bool, data: &[u8]) -> Vec<u8> {
        [&frame::data(stream, is_final, data.len())[..], data].concat()
    }

    async fn events(bytes: &[u8]) -> Result<Vec<Event>> {
        let (mut reader, mut events) = (Reader::new(bytes), Vec::new());
        while let Some(event) = reader.next().await? {
            events.push(event);
        }
        Ok(events)
    }

    #[tokio::test]
    async fn frames_become_events() {
        let mut packer = Packer::new();
        let sent = [
            open(&mut packer, 1, &[("streamtype", "error")]),
            open(&mut packer, 3, &[("streamtype", "data")]),
            data(3, false, b"hello"),
            vec![0x80, 3, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0],
            frame::ping([0, 0, 0, 1]),
            frame::ping([0, 0, 0, 2]),
            data(3, true, b"bye"),
            data(1, true, b""),
            frame::rst_stream(3, frame::Refused::Cancelled),
            vec![0x80, 3, 0, 7, 0, 0, 0, 8, 0, 0, 0, 3, 0, 0, 0, 0],
        ];
        let events = events(&sent.concat()).await.unwrap();
        let [Event::Open { stream: 1, headers }, Event::Open { stream: 3, headers: second }, rest @ ..] = &events[..]
        else {
            panic!("{events:?}")
        };
        assert_eq!((headers.get("streamtype"), second.get("streamtype")), ("error", "data"));
        let expected = [
            Event::Data { stream: 3, data: Bytes::from_static(b"hello") },
            Event::Ping([0, 0, 0, 1]),
            Event::Data { stream: 3, data: Bytes::from_static(b"bye") },
            Event::End { stream: 3 },
            Event::End { stream: 1 },
            Event::Reset { stream: 3 },
            Event::GoAway,
        ];
        assert_eq!(rest, expected);
    }

    #[tokio::test]
    async fn what_makes_no_sense_ends_the_connection() {
        let mut packer = Packer::new();
        let first = open(&mut packer, 3, &[]);
        for sent in [
            [first.clone(), open(&mut packer, 1, &[])].concat(),
            open(&mut Packer::new(), 2, &[]),
            vec![0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff],
            data(3, false, b"cut off")[..10].to_vec(),
            vec![0x80, 3, 0, 3, 0, 0, 0, 1, 0],
            vec![0x80, 3, 0, 6, 0, 0, 0, 1, 0],
            vec![0x80, 3, 0, 1, 0, 0, 0, 1, 0],
        ] {
            assert!(events(&sent).await.is_err(), "{sent:x?}");
        }
    }
}
