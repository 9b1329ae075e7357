//! Those who are attached to an output: each has a pipe, through which it gets a copy.
//!
//! Nothing queues up for who does not read: while one of them is behind, the output is left where it is, and the container
//! waits as it would for any reader. What it wrote before its end fits into the pipes, which are made larger then, so that
//! nobody has to wait for a slow reader.

use rustix::{
    event::{PollFd, PollFlags, Timespec},
    io::Errno,
};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Bytes that a pipe holds for who is attached when the container ends: as many as the kernel lets everybody have.
const LAST_WORDS: usize = 1 << 20;

#[derive(Default)]
pub struct Attached {
    all: Vec<Copy>,
    /// Nothing more will be written.
    is_ending: bool,
}

struct Copy {
    /// Does not block.
    pipe: OwnedFd,
    unsent: Vec<u8>,
}

impl Attached {
    pub fn add(&mut self, pipe: OwnedFd) -> rustix::io::Result<()> {
        rustix::io::ioctl_fionbio(&pipe, true)?;
        self.all.push(Copy { pipe, unsent: Vec::new() });
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn write(&mut self, output: &[u8]) {
        for copy in &mut self.all {
            copy.unsent.extend_from_slice(output);
        }
        self.flush();
    }

    /// Sends what waits, and lets go of those who do not read any more.
    pub fn flush(&mut self) {
        let is_ending = self.is_ending;
        self.all.retain_mut(|copy| copy.flush() && !(is_ending && copy.unsent.is_empty()));
    }

    pub fn are_behind(&self) -> bool {
        self.all.iter().any(|copy| !copy.unsent.is_empty())
    }

    /// The container has ended: what it has still to say is told without waiting for anybody.
    pub fn make_room(&self) {
        for copy in &self.all {
            // What does not fit waits here as long as the supervisor lives.
            let _ = rustix::pipe::fcntl_setpipe_size(&copy.pipe, LAST_WORDS);
        }
    }

    /// There will be nothing more: the pipes end, each when all has been sent.
    pub fn end(&mut self) {
        self.is_ending = true;
        self.flush();
    }

    pub fn sources(&self) -> impl Iterator<Item = (BorrowedFd<'_>, PollFlags)> {
        self.all.iter().map(|copy| {
            // That nobody reads any more is told in any case.
            let flags = if copy.unsent.is_empty() { PollFlags::empty() } else { PollFlags::OUT };
            (copy.pipe.as_fd(), flags)
        })
    }
}

impl Copy {
    /// Sends what waits; `false`: nobody reads it.
    fn flush(&mut self) -> bool {
        while !self.unsent.is_empty() {
            match rustix::io::write(&self.pipe, &self.unsent) {
                Ok(length) => drop(self.unsent.drain(..length)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return true,
                Err(_) => return false,
            }
        }
        !self.has_no_reader()
    }

    fn has_no_reader(&self) -> bool {
        let mut polled = [PollFd::new(&self.pipe, PollFlags::empty())];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        rustix::event::poll(&mut polled, Some(&now)).is_ok_and(|ready| ready > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::pipe::{PipeFlags, pipe_with};
    use std::{fs::File, io::Read};

    fn attached() -> (Attached, File) {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let mut attached = Attached::default();
        attached.add(writer).unwrap();
        (attached, reader.into())
    }

    #[test]
    fn who_does_not_read_is_behind_until_it_does() {
        let (mut attached, mut reader) = attached();
        let mut written = 0;
        while !attached.are_behind() {
            attached.write(&[b'x'; 16 << 10]);
            written += 16 << 10;
        }
        assert!(written <= 96 << 10, "a pipe and a chunk: {written}");
        reader.read_exact(&mut vec![0; 64 << 10]).unwrap();
        attached.flush();
        assert!(!attached.are_behind());
    }

    #[test]
    fn who_is_gone_is_forgotten_whether_there_is_something_to_tell_or_not() {
        for output in [&b""[..], b"x"] {
            let (mut attached, reader) = attached();
            attached.write(b"first");
            assert_eq!(attached.sources().count(), 1);
            drop(reader);
            attached.write(output);
            assert_eq!(attached.sources().count(), 0);
        }
    }

    #[test]
    fn last_words_are_told_to_who_reads_them_late() {
        let (mut attached, mut reader) = attached();
        attached.write(&vec![b'x'; 64 << 10]);
        attached.make_room();
        attached.write(&vec![b'y'; 320 << 10]);
        attached.end();
        assert_eq!(attached.sources().count(), 0, "all is in the pipe");
        drop(attached);
        let mut told = Vec::new();
        reader.read_to_end(&mut told).unwrap();
        assert_eq!(told.len(), 384 << 10);
    }
}
