//! Unix sockets of type SEQPACKET: a message is sent and received whole, with descriptors if need be.

use rustix::{
    fs::{Mode, OFlags},
    net::{
        AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
        SendFlags, SocketAddrUnix, SocketFlags, SocketType,
    },
};
use std::{
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    path::Path,
};

/// Descriptors that one message may carry: standard input, output and error.
const MOST_DESCRIPTORS: usize = 3;

/// Listens on the socket `name` in `directory`, in place of one that may be there.
pub fn listen(directory: &Path, name: &str) -> io::Result<OwnedFd> {
    let directory = open_directory(directory)?;
    match rustix::fs::unlinkat(&directory, name, rustix::fs::AtFlags::empty()) {
        Ok(()) | Err(rustix::io::Errno::NOENT) => {}
        Err(error) => return Err(error.into()),
    }
    let socket = socket(SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)?;
    rustix::net::bind(&socket, &address(&directory, name)?)?;
    rustix::fs::chmodat(&directory, name, Mode::RUSR | Mode::WUSR, rustix::fs::AtFlags::empty())?;
    rustix::net::listen(&socket, 16)?;
    Ok(socket)
}

/// Connects to the socket `name` in `directory`. The connection does not block.
pub fn connect(directory: &Path, name: &str) -> io::Result<OwnedFd> {
    let directory = open_directory(directory)?;
    let socket = socket(SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)?;
    rustix::net::connect(&socket, &address(&directory, name)?)?;
    Ok(socket)
}

/// Two connected sockets; both block.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?)
}

/// Sends a message, and at most three descriptors with it.
pub fn send(socket: BorrowedFd<'_>, message: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if descriptors.len() > MOST_DESCRIPTORS {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    if !descriptors.is_empty() {
        ancillary.push(SendAncillaryMessage::ScmRights(descriptors));
    }
    rustix::io::retry_on_intr(|| {
        rustix::net::sendmsg(socket, &[IoSlice::new(message)], &mut ancillary, SendFlags::NOSIGNAL)
    })?;
    Ok(())
}

/// Receives a message and the descriptors sent along. `None`: the other side has closed the connection.
pub fn receive(socket: BorrowedFd<'_>) -> io::Result<Option<(Vec<u8>, Vec<OwnedFd>)>> {
    let peek = RecvFlags::PEEK | RecvFlags::TRUNC;
    let (_, length) = rustix::io::retry_on_intr(|| rustix::net::recv(socket, &mut [0u8; 1], peek))?;
    if length == 0 {
        return Ok(None);
    }
    let mut message = vec![0; length];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let received =
        rustix::net::recvmsg(socket, &mut [IoSliceMut::new(&mut message)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    message.truncate(received.bytes);
    let descriptors = ancillary.drain().flat_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => descriptors.collect(),
        _ => Vec::new(),
    });
    Ok(Some((message, descriptors.collect())))
}

fn socket(flags: SocketFlags) -> io::Result<OwnedFd> {
    Ok(rustix::net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?)
}

fn open_directory(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

/// Through /proc, because an address has room for 107 bytes and a path may be longer.
fn address(directory: &OwnedFd, name: &str) -> io::Result<SocketAddrUnix> {
    Ok(SocketAddrUnix::new(format!("/proc/self/fd/{}/{name}", directory.as_fd().as_raw_fd()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_travels_whole_and_with_its_descriptors_also_through_a_long_path() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("d".repeat(120));
        std::fs::create_dir(&directory).unwrap();
        let listener = listen(&directory, "socket").unwrap();
        let client = connect(&directory, "socket").unwrap();
        let server = rustix::net::accept(&listener).unwrap();
        let sent = vec![7; 100_000];
        send(client.as_fd(), &sent, &[listener.as_fd(), client.as_fd()]).unwrap();
        let (message, descriptors) = receive(server.as_fd()).unwrap().unwrap();
        assert_eq!(message, sent);
        assert_eq!(descriptors.len(), 2);
        drop((client, descriptors));
        assert!(receive(server.as_fd()).unwrap().is_none());
    }

    #[test]
    fn more_descriptors_than_a_message_may_carry_are_refused() {
        let (ours, _theirs) = pair().unwrap();
        assert!(send(ours.as_fd(), b"x", &[ours.as_fd(); MOST_DESCRIPTORS + 1]).is_err());
    }

    #[test]
    fn a_socket_without_a_listener_refuses() {
        let directory = tempfile::tempdir().unwrap();
        drop(listen(directory.path(), "socket").unwrap());
        let error = connect(directory.path(), "socket").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}
