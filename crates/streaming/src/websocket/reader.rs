//! Reads what a client sends.

use super::frame::{self, Head, Opcode};
use crate::{Error, Result, limits};
use bytes::Bytes;
use std::io::ErrorKind;
use tokio::io::{AsyncRead, AsyncReadExt};

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A part of a message.
    Data {
        /// It is the first one.
        begins: bool,
        /// It is the last one.
        ends: bool,
        data: Bytes,
    },
    /// To be answered with the same bytes.
    Ping(Bytes),
    Pong,
    /// The client sends nothing more.
    Close,
}

/// Reads frames, whose payload it passes on in parts.
pub struct Reader<R> {
    stream: R,
    /// The frame whose payload is being read, and how much of it has been.
    frame: Option<(Head, u64)>,
    message: Message,
}

/// How far the message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Message {
    None,
    /// Nothing of it has been passed on.
    New,
    Begun,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    pub fn new(stream: R) -> Self {
        Self { stream, frame: None, message: Message::None }
    }

    /// What comes next; `None`: the connection has ended.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some((head, read)) = self.frame {
                return self.part(head, read).await.map(Some);
            }
            let Some(head) = self.head().await? else { return Ok(None) };
            if head.opcode.is_control() {
                return self.control(head).await.map(Some);
            }
            self.begin(head)?;
        }
    }

    /// Reads to the end of the connection and forgets what comes.
    pub async fn discard(&mut self) {
        let mut forgotten = vec![0; limits::CHUNK];
        while self.stream.read(&mut forgotten).await.is_ok_and(|length| length > 0) {}
    }

    async fn head(&mut self) -> Result<Option<Head>> {
        let mut first = [0; 2];
        match self.stream.read_exact(&mut first).await {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        };
        let mut rest = vec![0; frame::rest_of_head(first)];
        self.stream.read_exact(&mut rest).await?;
        frame::parse(first, &rest).map(Some)
    }

    async fn control(&mut self, head: Head) -> Result<Event> {
        let mut payload = vec![0; usize::try_from(head.length).unwrap_or_default()];
        self.stream.read_exact(&mut payload).await?;
        frame::unmask(head.mask, 0, &mut payload);
        Ok(match head.opcode {
            Opcode::Ping => Event::Ping(payload.into()),
            Opcode::Pong => Event::Pong,
            _ => Event::Close,
        })
    }

    fn begin(&mut self, head: Head) -> Result<()> {
        match (head.opcode, self.message) {
            (Opcode::Continuation, Message::None) => return Err(Error::websocket("a message without a beginning")),
            (Opcode::Continuation, _) => {}
            (_, Message::None) => self.message = Message::New,
            (..) => return Err(Error::websocket("a message within a message")),
        }
        self.frame = Some((head, 0));
        Ok(())
    }

    async fn part(&mut self, head: Head, read: u64) -> Result<Event> {
        let left = usize::try_from(head.length - read).unwrap_or(usize::MAX);
        let mut data = vec![0; left.min(limits::CHUNK)];
        let length = if data.is_empty() { 0 } else { self.stream.read(&mut data).await? };
        if length == 0 && left > 0 {
            return Err(Error::websocket("a frame that is cut off"));
        }
        data.truncate(length);
        frame::unmask(head.mask, read, &mut data);
        let is_read = length == left;
        self.frame = (!is_read).then_some((head, read + length as u64));
        let (begins, ends) = (self.message == Message::New, is_read && head.is_final);
        self.message = if ends { Message::None } else { Message::Begun };
        Ok(Event::Data { begins, ends, data: data.into() })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A frame as a client sends it.
    pub(crate) fn client_frame(is_final: bool, opcode: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [0x11, 0x22, 0x33, 0x44];
        let mut head = frame::head(Opcode::Binary, payload.len());
        head[0] = opcode | if is_final { 0x80 } else { 0 };
        head[1] |= 0x80;
        head.extend(mask);
        let mut payload = payload.to_vec();
        frame::unmask(mask, 0, &mut payload);
        [head, payload].concat()
    }

    async fn events(bytes: &[u8]) -> Result<Vec<Event>> {
        let (mut reader, mut events) = (Reader::new(bytes), Vec::new());
        while let Some(event) = reader.next().await? {
            events.push(event);
        }
        Ok(events)
    }

    fn data(begins: bool, ends: bool, data: &'static [u8]) -> Event {
        Event::Data { begins, ends, data: Bytes::from_static(data) }
    }

    #[tokio::test]
    async fn messages_come_in_parts_with_control_frames_between() {
        let sent = [
            client_frame(true, 2, b"one"),
            client_frame(false, 2, b"be"),
            client_frame(true, 9, b"ping"),
            client_frame(false, 0, b""),
            client_frame(true, 0, b"gin"),
            client_frame(true, 1, b""),
            client_frame(true, 10, b""),
            client_frame(true, 8, &[3, 232]),
        ];
        let expected = [
            data(true, true, b"one"),
            data(true, false, b"be"),
            Event::Ping(Bytes::from_static(b"ping")),
            data(false, false, b""),
            data(false, true, b"gin"),
            data(true, true, b""),
            Event::Pong,
            Event::Close,
        ];
        assert_eq!(events(&sent.concat()).await.unwrap(), expected);
    }

    #[tokio::test]
    async fn a_large_message_is_never_held_as_a_whole() {
        let payload = vec![b'x'; 10 * limits::CHUNK + 1];
        let events = events(&client_frame(true, 2, &payload)).await.unwrap();
        let mut got = Vec::new();
        for (number, event) in events.iter().enumerate() {
            let Event::Data { begins, ends, data } = event else { panic!("{event:?}") };
            assert_eq!((*begins, *ends), (number == 0, number == events.len() - 1));
            assert!(data.len() <= limits::CHUNK);
            got.extend_from_slice(data);
        }
        assert_eq!(got, payload);
    }

    #[tokio::test]
    async fn what_makes_no_sense_ends_the_connection() {
        for sent in [
            client_frame(true, 0, b"no beginning"),
            [client_frame(false, 2, b"a"), client_frame(true, 2, b"b")].concat(),
            client_frame(true, 2, b"cut off")[..9].to_vec(),
            vec![0x82],
        ] {
            let cut = sent.len() == 1;
            assert_eq!(events(&sent).await.is_err(), !cut, "{sent:x?}");
        }
    }
}
