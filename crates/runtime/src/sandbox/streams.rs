//! The streams of a process in a sandbox as this process reads and writes them.

use rustix::{
    io::Errno,
    pipe::{PipeFlags, pipe_with},
    termios::Winsize,
};
use std::{
    io,
    os::fd::OwnedFd,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf, unix::AsyncFd},
    net::unix::pipe,
};

/// What leads to a process' standard input. Dropped, it ends.
pub type Input = Box<dyn AsyncWrite + Send + Unpin>;
/// What a process writes.
pub type Output = Box<dyn AsyncRead + Send + Unpin>;

/// The streams that are connected.
#[derive(Default)]
pub struct Streams {
    pub stdin: Option<Input>,
    pub stdout: Option<Output>,
    pub stderr: Option<Output>,
    /// What `stdin` and `stdout` are then.
    pub terminal: Option<Terminal>,
}

/// Our side of a terminal. Cheap to clone; when all are dropped, the terminal hangs up.
#[derive(Clone)]
pub struct Terminal(Arc<AsyncFd<OwnedFd>>);

impl Terminal {
    /// A descriptor that does not block.
    pub(super) fn new(master: OwnedFd) -> io::Result<Self> {
        // SAFETY: the descriptor is owned by what is registered, and stays the same as long as that lives.
        Ok(Self(Arc::new(unsafe { AsyncFd::register(master)? })))
    }

    /// Tells the programs on the terminal how large its window is.
    pub fn resize(&self, columns: u16, rows: u16) -> io::Result<()> {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        Ok(rustix::termios::tcsetwinsize(self.0.get_ref(), size)?)
    }
}

impl AsyncRead for Terminal {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut guard = ready!(self.0.poll_read_ready(context))?;
            let read = guard.try_io(|master| {
                match rustix::io::read(master.get_ref(), buffer.initialize_unfilled()) {
                    // Nobody has the other side open any more.
                    Err(Errno::IO) => Ok(0),
                    read => Ok(read?),
                }
            });
            match read {
                Ok(Ok(length)) => {
                    buffer.advance(length);
                    return Poll::Ready(Ok(()));
                }
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Poll::Ready(Err(error)),
                Err(_would_block) => {}
            }
        }
    }
}

impl AsyncWrite for Terminal {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let mut guard = ready!(self.0.poll_write_ready(context))?;
            match guard.try_io(|master| Ok(rustix::io::write(master.get_ref(), bytes)?)) {
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(result) => return Poll::Ready(result),
                Err(_would_block) => {}
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Our end of an input, and the process'.
pub(super) fn input() -> io::Result<(Input, OwnedFd)> {
    let (theirs, ours) = pipe_with(PipeFlags::CLOEXEC)?;
    Ok((Box::new(pipe::Sender::from_owned_fd(ours)?), theirs))
}

/// Our end of an output, and the process'.
pub(super) fn output() -> io::Result<(Output, OwnedFd)> {
    let (ours, theirs) = pipe_with(PipeFlags::CLOEXEC)?;
    Ok((Box::new(pipe::Receiver::from_owned_fd(ours)?), theirs))
}
