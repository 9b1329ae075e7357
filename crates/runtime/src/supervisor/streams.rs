//! A container's standard streams: what it reads, and what it writes, which goes to its log.

use super::{
    log::{Lines, Log, Stream},
    source::{Source, Waited, readable},
};
use crate::container::{self, open_null};
use jiff::Timestamp;
use std::{io, os::fd::OwnedFd};

/// Bytes read from a container's output at once, and how many times in a row before others have their turn.
const CHUNK: usize = 16 * 1024;
const CHUNKS: usize = 16;

pub struct Streams {
    /// Until each has ended.
    outputs: Vec<Option<Output>>,
    /// The other end of standard input, which must not be closed while the container may read.
    _stdin: Option<OwnedFd>,
    log: Log,
}

struct Output {
    descriptor: OwnedFd,
    lines: Lines,
}

impl Output {
    fn new(descriptor: OwnedFd, stream: Stream) -> Self {
        Self { descriptor, lines: Lines::new(stream) }
    }
}

impl Streams {
    /// Makes the streams; returns the container's ends, too.
    pub fn open(stdin: bool, log: Log) -> io::Result<(Self, container::Streams)> {
        let (stdin, their_stdin) = input(stdin)?;
        let ((stdout, their_stdout), (stderr, their_stderr)) = (output()?, output()?);
        let outputs = vec![Some(Output::new(stdout, Stream::Stdout)), Some(Output::new(stderr, Stream::Stderr))];
        Ok((Self { outputs, _stdin: stdin, log }, [their_stdin, their_stdout, their_stderr]))
    }

    /// Takes a terminal, which is standard output and error in one.
    pub fn become_terminal(&mut self, master: OwnedFd) -> io::Result<()> {
        rustix::io::ioctl_fionbio(&master, true)?;
        self.outputs = vec![Some(Output::new(master, Stream::Stdout))];
        Ok(())
    }

    pub fn sources<'a>(&'a self, id: &'a str) -> impl Iterator<Item = Waited<'a>> {
        let open = self.outputs.iter().enumerate().filter_map(|(number, output)| Some((number, output.as_ref()?)));
        open.map(|(number, output)| readable(Source::Output(id.to_owned(), number), &output.descriptor))
    }

    /// Copies output to the log, as much as is there, within reason.
    pub fn pump(&mut self, number: usize) {
        for _ in 0..CHUNKS {
            if !self.pump_chunk(number) {
                return;
            }
        }
    }

    /// Copies all that is there.
    pub fn drain(&mut self) {
        for number in 0..self.outputs.len() {
            while self.pump_chunk(number) {}
        }
    }

    /// Whether there may be more.
    fn pump_chunk(&mut self, number: usize) -> bool {
        let Some(slot) = self.outputs.get_mut(number) else { return false };
        let Some(output) = slot else { return false };
        let mut chunk = [0; CHUNK];
        let mut formatted = Vec::new();
        let now = Timestamp::now();
        let more = match rustix::io::read(&output.descriptor, &mut chunk) {
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => return false,
            Ok(length) if length > 0 => {
                output.lines.format(now, chunk.get(..length).unwrap_or_default(), &mut formatted);
                true
            }
            // The end; a terminal says EIO when nobody has it open any more.
            Ok(_) | Err(_) => {
                output.lines.finish(now, &mut formatted);
                *slot = None;
                false
            }
        };
        self.log.write(&formatted, now);
        more
    }
}

/// Our end, if there is anything to hold open, and the container's.
fn input(open: bool) -> io::Result<(Option<OwnedFd>, OwnedFd)> {
    if !open {
        return Ok((None, open_null()?));
    }
    let (theirs, ours) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    Ok((Some(ours), theirs))
}

/// Our end, which does not block, and the container's, which does.
fn output() -> io::Result<(OwnedFd, OwnedFd)> {
    let (ours, theirs) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&ours, true)?;
    Ok((ours, theirs))
}
