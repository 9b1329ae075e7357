//! The netlink socket (netlink(7)): sends requests, reads the kernel's answers.
//!
//! The kernel works a request off within `send` and a dump within `recv`, so answers are there when asked for: reading
//! never waits, and an answer that is missing is an error at once instead of a hang.

use rustix::{
    io::Errno,
    net::{
        AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType,
        netlink::{self, SocketAddrNetlink},
    },
};
use std::{io, os::fd::OwnedFd};

/// The family of a socket.
#[derive(Debug, Clone, Copy)]
pub enum Family {
    /// Links, addresses, routes: rtnetlink(7).
    Route,
    /// `nf_tables`.
    Netfilter,
}

/// A netlink socket; it belongs to the network namespace of the thread that opened it, whoever uses it later.
#[derive(Debug)]
pub struct Socket {
    fd: OwnedFd,
    sequence: u32,
    buffer: Vec<u8>,
}

/// One message of the kernel.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    pub kind: u16,
    pub sequence: u32,
    /// The whole message, header included.
    pub message: &'a [u8],
}

/// Message types that all families share (linux/netlink.h).
pub const ERROR: u16 = 2;
pub const DONE: u16 = 3;

/// Flags of a request (linux/netlink.h).
pub mod flags {
    pub const REQUEST: u16 = 0x1;
    pub const ACK: u16 = 0x4;
    pub const DUMP: u16 = 0x300;
    /// With a request that makes something: fail if it is there already.
    pub const EXCLUSIVE: u16 = 0x200;
    pub const CREATE: u16 = 0x400;
    pub const APPEND: u16 = 0x800;
}

pub const HEADER: usize = 16;

/// Larger than any datagram the kernel makes of a dump (32 KiB).
const BUFFER: usize = 64 << 10;

impl Socket {
    pub fn open(family: Family) -> io::Result<Socket> {
        let protocol: Option<Protocol> = match family {
            // NETLINK_ROUTE is 0, which is what no protocol means.
            Family::Route => None,
            Family::Netfilter => Some(netlink::NETFILTER),
        };
        let fd = rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, protocol)?;
        rustix::net::bind(&fd, &SocketAddrNetlink::new(0, 0))?;
        Ok(Socket { fd, sequence: 0, buffer: vec![0; BUFFER] })
    }

    pub fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    pub fn send(&self, messages: &[u8]) -> io::Result<()> {
        rustix::net::send(&self.fd, messages, SendFlags::empty())?;
        Ok(())
    }

    /// The answers of the next datagram.
    pub fn receive(&mut self) -> io::Result<impl Iterator<Item = Answer<'_>>> {
        let length = loop {
            match rustix::net::recv(&self.fd, &mut self.buffer[..], RecvFlags::DONTWAIT) {
                Ok((length, _)) => break length,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the kernel did not answer"));
                }
                Err(error) => return Err(error.into()),
            }
        };
        Ok(answers(self.buffer.get(..length).unwrap_or_default()))
    }
}

impl Answer<'_> {
    /// For a message of type [`ERROR`]: the outcome of the request it answers; zero is the acknowledgement.
    pub fn outcome(&self) -> io::Result<()> {
        match self.message.get(HEADER..).and_then(<[u8]>::first_chunk).map(|code| i32::from_ne_bytes(*code)) {
            Some(0) => Ok(()),
            Some(code) => Err(io::Error::from_raw_os_error(code.saturating_neg())),
            None => Err(io::Error::new(io::ErrorKind::InvalidData, "truncated netlink error message")),
        }
    }
}

/// Splits a datagram into its messages; stops at one whose length cannot be true.
fn answers(mut rest: &[u8]) -> impl Iterator<Item = Answer<'_>> {
    std::iter::from_fn(move || {
        let length = usize::try_from(u32::from_ne_bytes(*rest.first_chunk()?)).ok()?;
        let message = rest.get(..length).filter(|message| message.len() >= HEADER)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Answer {
            kind: u16::from_ne_bytes(*message.get(4..)?.first_chunk()?),
            sequence: u32::from_ne_bytes(*message.get(8..)?.first_chunk()?),
            message,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: u32, kind: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
        let parts: [&[u8]; 6] =
            [&length.to_ne_bytes(), &kind.to_ne_bytes(), &[0; 2], &sequence.to_ne_bytes(), &[0; 4], body];
        parts.concat()
    }

    #[test]
    fn a_datagram_is_split_at_aligned_lengths() {
        let datagram = [message(18, 16, 7, &[1, 2, 0, 0]), message(20, ERROR, 8, &(-17_i32).to_ne_bytes())].concat();
        let all: Vec<_> = answers(&datagram).collect();
        assert_eq!(
            all.iter().map(|a| (a.kind, a.sequence, a.message.len())).collect::<Vec<_>>(),
            [(16, 7, 18), (ERROR, 8, 20)]
        );
        assert_eq!(all[1].outcome().unwrap_err().raw_os_error(), Some(17));
    }

    #[test]
    fn nonsense_ends_the_datagram_and_never_panics() {
        for datagram in [vec![], vec![1, 2], message(0, 1, 1, &[]), message(9000, 1, 1, &[]), message(12, 1, 1, &[])] {
            assert_eq!(answers(&datagram).count(), 0);
        }
        let short = message(16, ERROR, 1, &[]);
        assert!(answers(&short).next().unwrap().outcome().is_err());
    }
}
