//! The head of a frame (RFC 6455 section 5.2).

use crate::{Error, Result};

/// The longest payload of a frame that is not data.
const LONGEST_CONTROL: u64 = 125;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

/// What stands before a frame's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// It is the last of its message.
    pub is_final: bool,
    pub opcode: Opcode,
    /// What the payload was masked with.
    pub mask: [u8; 4],
    /// Of the payload, in bytes.
    pub length: u64,
}

impl Opcode {
    const ALL: [(u8, Self); 6] = [
        (0x0, Self::Continuation),
        (0x1, Self::Text),
        (0x2, Self::Binary),
        (0x8, Self::Close),
        (0x9, Self::Ping),
        (0xa, Self::Pong),
    ];

    pub fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }

    fn code(self) -> u8 {
        Self::ALL.iter().find(|(_, opcode)| *opcode == self).map_or(0, |(code, _)| *code)
    }
}

/// How many bytes follow the first two: a longer length, the mask.
pub fn rest_of_head(first: [u8; 2]) -> usize {
    let length = match first[1] & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    length + if first[1] & 0x80 == 0 { 0 } else { 4 }
}

/// Reads a head: its first two bytes, and as many as [`rest_of_head`] says.
pub fn parse(first: [u8; 2], rest: &[u8]) -> Result<Head> {
    let opcode = Opcode::ALL.into_iter().find(|(code, _)| *code == first[0] & 0x0f).map(|(_, opcode)| opcode);
    let opcode = opcode.ok_or_else(|| Error::websocket("an unknown kind of frame"))?;
    if first[0] & 0x70 != 0 {
        return Err(Error::websocket("an extension that was not agreed on"));
    }
    if first[1] & 0x80 == 0 {
        return Err(Error::websocket("a frame that is not masked"));
    }
    let (length, mask) = rest.split_at_checked(rest.len().saturating_sub(4)).unwrap_or_default();
    let long = || length.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let length = if length.is_empty() { u64::from(first[1] & 0x7f) } else { long() };
    let mask = mask.try_into().map_err(|_| Error::websocket("a head that is cut off"))?;
    let head = Head { is_final: first[0] & 0x80 != 0, opcode, mask, length };
    if opcode.is_control() && (!head.is_final || length > LONGEST_CONTROL) {
        return Err(Error::websocket("a control frame in parts or too long"));
    }
    if length > i64::MAX.unsigned_abs() {
        return Err(Error::websocket("a negative length"));
    }
    Ok(head)
}

/// The head of a whole message from a server, which masks nothing.
pub fn head(opcode: Opcode, length: usize) -> Vec<u8> {
    let mut head = vec![0x80 | opcode.code()];
    match length {
        0..126 => head.push(u8::try_from(length).unwrap_or_default()),
        126..0x1_0000 => {
            head.push(126);
            head.extend(u16::try_from(length).unwrap_or_default().to_be_bytes());
        }
        _ => {
            head.push(127);
            head.extend((length as u64).to_be_bytes());
        }
    }
    head
}

/// Takes the mask off a part of a payload that begins at `offset` of it.
pub fn unmask(mask: [u8; 4], offset: u64, payload: &mut [u8]) {
    let start = usize::try_from(offset % 4).unwrap_or_default();
    payload.iter_mut().zip(mask.into_iter().cycle().skip(start)).for_each(|(byte, mask)| *byte ^= mask);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read() {
        let mask = [1, 2, 3, 4];
        let head = |is_final, opcode, length| Head { is_final, opcode, mask, length };
        for (first, rest, expected) in [
            ([0x82, 0x85], &[1, 2, 3, 4][..], Some(head(true, Opcode::Binary, 5))),
            ([0x01, 0xfe], &[1, 0, 1, 2, 3, 4], Some(head(false, Opcode::Text, 256))),
            ([0x80, 0xff], &[0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4], Some(head(true, Opcode::Continuation, 65536))),
            ([0x89, 0x80], &[1, 2, 3, 4], Some(head(true, Opcode::Ping, 0))),
            ([0x82, 0x05], &[], None),
            ([0xc2, 0x85], &[1, 2, 3, 4], None),
            ([0x83, 0x85], &[1, 2, 3, 4], None),
            ([0x09, 0x80], &[1, 2, 3, 4], None),
            ([0x89, 0xfe], &[0, 126, 1, 2, 3, 4], None),
            ([0x82, 0xff], &[0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], None),
        ] {
            assert_eq!(rest_of_head(first), rest.len(), "{first:x?}");
            assert_eq!(parse(first, rest).ok(), expected, "{first:x?}");
        }
    }

    #[test]
    fn heads_are_written_with_the_shortest_length() {
        for (length, expected) in [
            (0, &[0x82, 0][..]),
            (125, &[0x82, 125]),
            (126, &[0x82, 126, 0, 126]),
            (0xffff, &[0x82, 126, 0xff, 0xff]),
            (0x1_0000, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            assert_eq!(head(Opcode::Binary, length), expected);
        }
    }

    #[test]
    fn a_payload_is_unmasked_in_parts() {
        let (mask, text) = ([7, 9, 11, 13], b"hello world");
        let mut whole = text.to_vec();
        unmask(mask, 0, &mut whole);
        for cut in 0..text.len() {
            let mut parts = whole.clone();
            let (first, second) = parts.split_at_mut(cut);
            unmask(mask, 0, first);
            unmask(mask, cut as u64, second);
            assert_eq!(parts, text);
        }
    }
}
