//! Several channels on one WebSocket: each message begins with the number of its channel
//! (`k8s.io/apimachinery/pkg/util/httpstream/wsstream`).

use super::frame::Opcode;
use crate::{Error, Result};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// A byte with the channel's number, and the bytes.
    Binary,
    /// A digit, and the bytes as base64 text.
    Base64,
}

impl Coding {
    /// How many channels it has numbers for: a digit is a character of ASCII.
    pub fn channels(self) -> usize {
        match self {
            Self::Binary => 255,
            Self::Base64 => 80,
        }
    }

    /// A message on a channel.
    pub fn encode(self, channel: u8, data: &[u8]) -> (Opcode, Vec<u8>) {
        match self {
            Self::Binary => (Opcode::Binary, [&[channel], data].concat()),
            Self::Base64 => {
                let mut text = String::from(char::from(b'0'.wrapping_add(channel)));
                BASE64_STANDARD.encode_string(data, &mut text);
                (Opcode::Text, text.into_bytes())
            }
        }
    }
}

/// Reads messages that come in parts.
pub struct Decoder {
    coding: Coding,
    /// The channel of the message, once it is known.
    channel: Option<u8>,
    /// Letters of base64 that do not make whole bytes yet: three at most.
    carried: Vec<u8>,
}

impl Decoder {
    pub fn new(coding: Coding) -> Self {
        Self { coding, channel: None, carried: Vec::new() }
    }

    /// A part of a message: its channel and what it says. `None` as long as there is no channel.
    pub fn decode(&mut self, begins: bool, ends: bool, mut data: Bytes) -> Result<Option<(u8, Bytes)>> {
        if begins {
            (self.channel, self.carried) = (None, Vec::new());
        }
        let channel = match self.channel {
            Some(channel) => channel,
            None if data.is_empty() => return Ok(None),
            None => *self.channel.insert(self.number(data.split_to(1).first().copied().unwrap_or_default())),
        };
        let data = match self.coding {
            Coding::Binary => data,
            Coding::Base64 => self.text(&data, ends)?,
        };
        Ok(Some((channel, data)))
    }

    fn number(&self, first: u8) -> u8 {
        match self.coding {
            Coding::Binary => first,
            Coding::Base64 => first.wrapping_sub(b'0'),
        }
    }

    fn text(&mut self, letters: &[u8], ends: bool) -> Result<Bytes> {
        self.carried.extend_from_slice(letters);
        let whole = if ends { self.carried.len() } else { self.carried.len() / 4 * 4 };
        let rest = self.carried.split_off(whole);
        let letters = std::mem::replace(&mut self.carried, rest);
        let decoded = BASE64_STANDARD.decode(letters).map_err(|_| Error::websocket("a message that is not base64"))?;
        Ok(decoded.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_their_channel() {
        assert_eq!(Coding::Binary.encode(1, b"\n"), (Opcode::Binary, vec![1, 10]));
        assert_eq!(Coding::Base64.encode(1, b"\n"), (Opcode::Text, b"1Cg==".to_vec()));
        assert_eq!(Coding::Binary.encode(3, b""), (Opcode::Binary, vec![3]));
    }

    #[test]
    fn all_channels_have_a_number_of_one_byte() {
        for coding in [Coding::Binary, Coding::Base64] {
            for channel in (0..u8::MAX).take(coding.channels()) {
                let (_, message) = coding.encode(channel, b"x");
                let decoded = Decoder::new(coding).decode(true, true, message.into()).unwrap();
                assert_eq!(decoded, Some((channel, Bytes::from_static(b"x"))), "{coding:?}");
            }
        }
    }

    #[test]
    fn messages_are_read_however_they_are_cut() {
        for (coding, message) in [(Coding::Binary, &b"\x00foo bar"[..]), (Coding::Base64, b"0Zm9vIGJhcg==")] {
            for first in 0..message.len() {
                for second in first..message.len() {
                    let mut decoder = Decoder::new(coding);
                    let mut got = Vec::new();
                    let parts = [&message[..first], &message[first..second], &message[second..]];
                    for (number, part) in parts.into_iter().enumerate() {
                        let part = Bytes::copy_from_slice(part);
                        if let Some((channel, data)) = decoder.decode(number == 0, number == 2, part).unwrap() {
                            assert_eq!(channel, 0);
                            got.extend_from_slice(&data);
                        }
                    }
                    assert_eq!(got, b"foo bar");
                }
            }
        }
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in ["0Zm9", "0Z%9v", "0Zm9v="] {
            let mut decoder = Decoder::new(Coding::Base64);
            assert!(decoder.decode(true, true, Bytes::copy_from_slice(text.as_bytes())).is_err(), "{text}");
        }
        let mut decoder = Decoder::new(Coding::Base64);
        assert_eq!(decoder.decode(true, true, Bytes::new()).unwrap(), None, "an empty message is none");
    }
}
