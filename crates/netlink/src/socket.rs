//! The netlink socket: sends requests, reads the kernel's answers.
//!
//! The kernel works a request off within `send` and a dump within `recv`, so answers are there when asked for: reading
//! never waits, and an answer that is missing is an error at once instead of a hang.

use crate::{
    Error, Result,
    message::{Answer, DONE, ERROR, Request, answers, flags, push},
};
use rustix::{
    io::Errno,
    net::{
        AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType,
        netlink::{self, SocketAddrNetlink},
        sockopt,
    },
};
use std::{
    io,
    os::fd::{AsRawFd, OwnedFd},
};

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

/// Larger than any datagram the kernel makes of a dump (32 KiB).
const BUFFER: usize = 64 << 10;
/// Room for a transaction of some ten thousand elements; the memory is used only while one is sent.
const SEND_BUFFER: usize = 32 << 20;
/// How often a list that changed while it was read is read again.
const ATTEMPTS: usize = 16;

impl Socket {
    pub fn open(family: Family) -> Result<Socket> {
        let opened = open(family).map_err(|error| Error::refused("open a netlink socket", error))?;
        Ok(Socket { fd: opened, sequence: 0, buffer: vec![0; BUFFER] })
    }

    pub fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    /// Makes the changes in order, all in one system call, and returns the first that the kernel refused. Those after
    /// it are made all the same.
    pub fn apply(&mut self, requests: &[Request]) -> Result<()> {
        let mut bytes = Vec::new();
        let mut waiting = Vec::with_capacity(requests.len());
        for Request { action, kind, flags, body } in requests {
            let sequence = self.next_sequence();
            push(&mut bytes, *kind, flags | flags::ACK, sequence, body);
            waiting.push((sequence, action));
        }
        let mut outcome = Ok(());
        if let Some((_, action)) = waiting.first().copied() {
            self.send(action, &bytes)?;
        }
        while let Some((_, action)) = waiting.first().copied() {
            for answer in self.receive(action)?.filter(|answer| answer.kind == ERROR) {
                let Some(place) = waiting.iter().position(|(sequence, _)| *sequence == answer.sequence) else {
                    continue;
                };
                let (_, action) = waiting.remove(place);
                outcome = outcome.and_then(|()| result(action, &answer));
            }
        }
        outcome
    }

    /// Everything that answers a question, decoded.
    pub fn read<T>(&mut self, request: &Request, decode: impl Fn(&[u8]) -> Option<T>) -> Result<Vec<T>> {
        for _ in 0..ATTEMPTS {
            if let Some(all) = self.read_once(request, &decode)? {
                return Ok(all);
            }
        }
        Err(Error::refused(&request.action, Errno::INTR))
    }

    /// Nothing if what was listed changed meanwhile.
    fn read_once<T>(&mut self, request: &Request, decode: impl Fn(&[u8]) -> Option<T>) -> Result<Option<Vec<T>>> {
        let Request { action, kind, flags, body } = request;
        let (sequence, mut bytes) = (self.next_sequence(), Vec::new());
        push(&mut bytes, *kind, *flags, sequence, body);
        self.send(action, &bytes)?;
        let (mut all, mut whole) = (Vec::new(), true);
        loop {
            for answer in self.receive(action)?.filter(|answer| answer.sequence == sequence) {
                whole &= answer.flags & flags::INTERRUPTED == 0;
                match answer.kind {
                    DONE | ERROR => return result(action, &answer).map(|()| whole.then_some(all)),
                    _ => all.extend(decode(answer.body)),
                }
            }
            if flags & flags::DUMP == 0 {
                return Ok(Some(all));
            }
        }
    }

    pub fn send(&self, action: &str, messages: &[u8]) -> Result<()> {
        rustix::net::send(&self.fd, messages, SendFlags::empty()).map_err(|error| Error::refused(action, error))?;
        Ok(())
    }

    /// The answers of the next datagram.
    pub fn receive(&mut self, action: &str) -> Result<impl Iterator<Item = Answer<'_>>> {
        let length = loop {
            match rustix::net::recv(&self.fd, &mut self.buffer[..], RecvFlags::DONTWAIT) {
                Ok((length, _)) => break length,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Err(Error::Unanswered { action: action.to_owned() }),
                Err(error) => return Err(Error::refused(action, error)),
            }
        };
        Ok(answers(self.buffer.get(..length).unwrap_or_default()))
    }
}

/// What an error or an acknowledgement says of the request that asked for `action`.
pub fn result(action: &str, answer: &Answer) -> Result<()> {
    answer.outcome().map_err(|source| Error::Refused {
        action: action.to_owned(),
        source,
        explanation: answer.explanation(),
    })
}

fn open(family: Family) -> io::Result<OwnedFd> {
    let protocol: Option<Protocol> = match family {
        // NETLINK_ROUTE is 0, which is what no protocol means.
        Family::Route => None,
        Family::Netfilter => Some(netlink::NETFILTER),
    };
    let fd = rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, protocol)?;
    rustix::net::bind(&fd, &SocketAddrNetlink::new(0, 0))?;
    // Without leave to do so there is none to make changes either, which their answers tell.
    let _ = sockopt::set_socket_send_buffer_size_force(&fd, SEND_BUFFER);
    set_option(&fd, libc::NETLINK_EXT_ACK)?;
    set_option(&fd, libc::NETLINK_CAP_ACK)?;
    Ok(fd)
}

/// Turns an option of netlink(7) on.
#[allow(unsafe_code, reason = "rustix does not have netlink's socket options")]
fn set_option(fd: &OwnedFd, option: libc::c_int) -> io::Result<()> {
    let on: libc::c_int = 1;
    let length = libc::socklen_t::try_from(size_of_val(&on)).unwrap_or_default();
    // SAFETY: the descriptor is open, and the kernel reads `length` bytes of `on`, which is as long.
    let outcome =
        unsafe { libc::setsockopt(fd.as_raw_fd(), libc::SOL_NETLINK, option, (&raw const on).cast(), length) };
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
