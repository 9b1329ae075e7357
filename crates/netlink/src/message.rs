//! Messages: how a request is laid out, and how the kernel's answers are taken apart.

use crate::attributes::{Attributes, find, native, text};
use std::io;

/// `struct nlmsghdr`.
pub const HEADER: usize = 16;

/// Message types that all families share (linux/netlink.h).
pub const ERROR: u16 = 2;
pub const DONE: u16 = 3;

const NLMSGERR_ATTR_MSG: u16 = 1;

/// Flags of requests and answers (linux/netlink.h).
pub mod flags {
    pub const REQUEST: u16 = 0x1;
    pub const ACK: u16 = 0x4;
    pub const DUMP: u16 = 0x300;
    /// With a request that makes something: put it in the place of what is there.
    pub const REPLACE: u16 = 0x100;
    /// With a request that makes something: fail if it is there already.
    pub const EXCLUSIVE: u16 = 0x200;
    pub const CREATE: u16 = 0x400;
    pub const APPEND: u16 = 0x800;
    /// In an answer: what is listed changed meanwhile, so the list may not be whole.
    pub const INTERRUPTED: u16 = 0x10;
    /// In an error: the request is not repeated but for its header.
    pub const CAPPED: u16 = 0x100;
    /// In an error: attributes follow that explain it.
    pub const EXPLAINED: u16 = 0x200;
}

/// A change or a question, and how to say what it does: "create the bridge minke0".
#[derive(Debug, Clone)]
pub struct Request {
    pub action: String,
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) body: Attributes,
}

impl Request {
    pub(crate) fn new(action: impl Into<String>, kind: u16, flags: u16, body: Attributes) -> Request {
        Request { action: action.into(), kind, flags, body }
    }
}

/// Appends a message to those that are sent together.
pub fn push(bytes: &mut Vec<u8>, kind: u16, flags: u16, sequence: u32, body: &Attributes) {
    let length = u32::try_from(HEADER + body.0.len()).unwrap_or_default();
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend((flags | flags::REQUEST).to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    // To whom it goes: the kernel.
    bytes.extend(0_u32.to_ne_bytes());
    bytes.extend(&body.0);
}

/// One message of the kernel.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) sequence: u32,
    /// What follows the header.
    pub(crate) body: &'a [u8],
}

impl Answer<'_> {
    /// Of an error or an end: the outcome of the request it answers; zero is the acknowledgement.
    pub fn outcome(&self) -> io::Result<()> {
        match self.body.first_chunk().map(|code| i32::from_ne_bytes(*code)) {
            Some(0) => Ok(()),
            Some(code) => Err(io::Error::from_raw_os_error(code.saturating_neg())),
            None => Err(io::Error::new(io::ErrorKind::InvalidData, "truncated netlink error message")),
        }
    }

    /// Of an error: the kernel's own words, if it has some.
    pub fn explanation(&self) -> Option<String> {
        if self.flags & flags::EXPLAINED == 0 {
            return None;
        }
        let request = self.body.get(4..)?;
        let length = if self.flags & flags::CAPPED == 0 { usize::try_from(native(request)?).ok()? } else { HEADER };
        let explanation = request.get(length.checked_next_multiple_of(4)?..)?;
        find(explanation, NLMSGERR_ATTR_MSG).map(text)
    }
}

/// Splits a datagram into its messages; stops at one whose length cannot be true.
pub fn answers(mut rest: &[u8]) -> impl Iterator<Item = Answer<'_>> {
    std::iter::from_fn(move || {
        let length = usize::try_from(u32::from_ne_bytes(*rest.first_chunk()?)).ok()?;
        let message = rest.get(..length)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Answer {
            kind: u16::from_ne_bytes(*message.get(4..)?.first_chunk()?),
            flags: u16::from_ne_bytes(*message.get(6..)?.first_chunk()?),
            sequence: u32::from_ne_bytes(*message.get(8..)?.first_chunk()?),
            body: message.get(HEADER..)?,
        })
    })
}

#[cfg(test)]
mod tests;
