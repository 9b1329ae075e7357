//! What a supervisor waits for.

use rustix::event::PollFlags;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// One of those who are connected.
pub type ClientId = u64;

/// Who asked for something, and under which number.
pub type Requester = (ClientId, u64);

/// What has become ready.
#[derive(Clone, Debug)]
pub enum Source {
    Listener,
    Client(ClientId),
    /// A container that is being built tells how far it is.
    Progress(String),
    /// Output of a container, by the number of its stream.
    Output(String, usize),
    /// Somebody who is attached to such an output can take more, or nothing any more.
    Attached(String, usize),
    /// A process of a container has ended.
    Exit(String),
    /// A process that joins a container tells how far it is.
    ExecProgress(Requester),
    /// It has ended.
    ExecExit(Requester),
}

/// A descriptor that is waited for, and what it stands for.
pub type Waited<'a> = (Source, BorrowedFd<'a>, PollFlags);

pub fn readable(source: Source, descriptor: &OwnedFd) -> Waited<'_> {
    (source, descriptor.as_fd(), PollFlags::IN)
}
