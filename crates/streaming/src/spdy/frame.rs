//! Frames: eight bytes, which say what follows and how much (section 2.2 of the draft).

use crate::{Error, Result};

/// The version of what is spoken here; 3.1 calls itself 3.
const VERSION: u32 = 3;
const STREAM_BITS: u32 = 0x7fff_ffff;
const FLAG_FIN: u32 = 1;
const LENGTH_BITS: u32 = 0x00ff_ffff;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// Of a stream; `is_final`: the last of that side.
    Data {
        stream: u32,
        is_final: bool,
        length: usize,
    },
    Control {
        kind: Kind,
        is_final: bool,
        length: usize,
    },
}

/// The control frames that mean something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    SynStream,
    SynReply,
    RstStream,
    Ping,
    GoAway,
    Headers,
    /// Settings, windows, credentials.
    Other,
}

/// Why a stream is refused (section 2.6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// There are too many, or nobody expects it.
    Stream = 3,
    /// What it asks for cannot be done, or has failed.
    Cancelled = 5,
}

impl Kind {
    const ALL: [(u32, Self); 6] = [
        (1, Self::SynStream),
        (2, Self::SynReply),
        (3, Self::RstStream),
        (6, Self::Ping),
        (7, Self::GoAway),
        (8, Self::Headers),
    ];

    fn of(code: u32) -> Self {
        Self::ALL.iter().find(|(known, _)| *known == code).map_or(Self::Other, |(_, kind)| *kind)
    }

    fn code(self) -> u32 {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or(0, |(code, _)| *code)
    }
}

/// Reads a head.
pub fn parse(bytes: [u8; 8]) -> Result<Head> {
    let [first, second] =
        [[bytes[0], bytes[1], bytes[2], bytes[3]], [bytes[4], bytes[5], bytes[6], bytes[7]]].map(u32::from_be_bytes);
    let (is_final, length) = (second >> 24 & FLAG_FIN != 0, second & LENGTH_BITS);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if first & !STREAM_BITS == 0 {
        return Ok(Head::Data { stream: first, is_final, length });
    }
    if first >> 16 & 0x7fff != VERSION {
        return Err(Error::spdy("another version"));
    }
    Ok(Head::Control { kind: Kind::of(first & 0xffff), is_final, length })
}

/// The number that begins at `offset` of a control frame's body, as far as it names a stream.
pub fn stream(body: &[u8], offset: usize) -> Result<u32> {
    let bytes = body.get(offset..).and_then(|rest| rest.first_chunk());
    let number = bytes.ok_or_else(|| Error::spdy("a frame that is cut off"))?;
    Ok(u32::from_be_bytes(*number) & STREAM_BITS)
}

/// The head of data.
pub fn data(stream: u32, is_final: bool, length: usize) -> [u8; 8] {
    head(stream & STREAM_BITS, is_final, length)
}

/// Accepts a stream; `headers` are compressed.
pub fn syn_reply(stream: u32, headers: &[u8]) -> Vec<u8> {
    control(Kind::SynReply, &[&stream.to_be_bytes(), headers].concat())
}

/// Ends a stream in both directions.
pub fn rst_stream(stream: u32, why: Refused) -> Vec<u8> {
    control(Kind::RstStream, &[stream.to_be_bytes(), (why as u32).to_be_bytes()].concat())
}

/// A ping, and the answer to one, by its number.
pub fn ping(number: [u8; 4]) -> Vec<u8> {
    control(Kind::Ping, &number)
}

fn control(kind: Kind, body: &[u8]) -> Vec<u8> {
    let first = 1 << 31 | VERSION << 16 | kind.code();
    [&head(first, false, body.len()), body].concat()
}

fn head(first: u32, is_final: bool, length: usize) -> [u8; 8] {
    // What is sent at once is far shorter than a frame may be.
    let length = u32::try_from(length).unwrap_or(LENGTH_BITS) & LENGTH_BITS;
    let second = if is_final { FLAG_FIN << 24 } else { 0 } | length;
    (u64::from(first) << 32 | u64::from(second)).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read() {
        for (bytes, expected) in [
            ([0, 0, 0, 5, 1, 0, 1, 0], Some(Head::Data { stream: 5, is_final: true, length: 256 })),
            ([0x80, 3, 0, 1, 0, 0, 0, 9], Some(Head::Control { kind: Kind::SynStream, is_final: false, length: 9 })),
            ([0x80, 3, 0, 4, 0, 0, 0, 8], Some(Head::Control { kind: Kind::Other, is_final: false, length: 8 })),
            ([0x80, 2, 0, 1, 0, 0, 0, 9], None),
        ] {
            assert_eq!(parse(bytes).ok(), expected, "{bytes:x?}");
        }
    }

    #[test]
    fn frames_are_written() {
        for (written, expected) in [
            (data(7, true, 3).to_vec(), &[0, 0, 0, 7, 1, 0, 0, 3][..]),
            (syn_reply(7, b"xy"), &[0x80, 3, 0, 2, 0, 0, 0, 6, 0, 0, 0, 7, b'x', b'y']),
            (rst_stream(7, Refused::Cancelled), &[0x80, 3, 0, 3, 0, 0, 0, 8, 0, 0, 0, 7, 0, 0, 0, 5]),
            (ping([0, 0, 0, 1]), &[0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1]),
        ] {
            assert_eq!(written, expected);
        }
    }

    #[test]
    fn a_body_that_is_too_short_names_no_stream() {
        assert_eq!(stream(&[0x80, 0, 0, 7, 1], 0).unwrap(), 7);
        assert!(stream(&[0, 0, 0, 7, 1], 2).is_err());
        assert!(stream(&[], 4).is_err());
    }
}
