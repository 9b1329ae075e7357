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

    /// Copies all that is there now, and takes note of the end. Others may have the stream and write on without a pause:
    /// what they write waits its turn.
    pub fn drain(&mut self) {
        for number in 0..self.outputs.len() {
            let mut left = self.waiting(number).saturating_add(CHUNKS * CHUNK);
            while left > 0 {
                match self.read(number, left.min(CHUNK)) {
                    0 => break,
                    length => left = left.saturating_sub(length),
                }
            }
        }
    }

    /// How many bytes are there to read; a terminal may have more of them.
    fn waiting(&self, number: usize) -> usize {
        let output = self.outputs.get(number).and_then(Option::as_ref);
        let length = output.and_then(|output| rustix::io::ioctl_fionread(&output.descriptor).ok());
        length.and_then(|length| usize::try_from(length).ok()).unwrap_or_default()
    }

    /// Whether there may be more.
    fn pump_chunk(&mut self, number: usize) -> bool {
        self.read(number, CHUNK) > 0
    }

    /// Copies at most so many bytes; 0: there is nothing now, or never again.
    fn read(&mut self, number: usize, most: usize) -> usize {
        let Some(slot) = self.outputs.get_mut(number) else { return 0 };
        let Some(output) = slot else { return 0 };
        let mut chunk = [0; CHUNK];
        let room = chunk.get_mut(..most).unwrap_or_default();
        let mut formatted = Vec::new();
        let now = Timestamp::now();
        let copied = match rustix::io::read(&output.descriptor, room) {
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => return 0,
            Ok(length) if length > 0 => {
                output.lines.format(now, chunk.get(..length).unwrap_or_default(), &mut formatted);
                length
            }
            // The end; a terminal says EIO when nobody has it open any more.
            Ok(_) | Err(_) => {
                output.lines.finish(now, &mut formatted);
                *slot = None;
                0
            }
        };
        self.log.write(&formatted, now);
        copied
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs::File, io::Write};

    /// A second container may have got the stream of the first.
    #[test]
    fn draining_ends_while_others_write_on() {
        let directory = tempfile::tempdir().unwrap();
        let log = Log::open(directory.path().join("0.log"), 1 << 20, 2).unwrap();
        let (mut streams, [_, stdout, _stderr]) = Streams::open(false, log).unwrap();
        // Ends when nobody can read any more.
        let writer = std::thread::spawn(move || {
            let mut stdout = File::from(stdout);
            while stdout.write_all(&[b'x'; CHUNK]).is_ok() {}
        });
        for _ in 0..100 {
            streams.drain();
        }
        drop(streams);
        writer.join().unwrap();
    }

    #[test]
    fn draining_takes_all_that_was_written_before() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("0.log");
        let (mut streams, [_, stdout, _stderr]) =
            Streams::open(false, Log::open(path.clone(), 1 << 20, 2).unwrap()).unwrap();
        File::from(stdout).write_all("line\n".repeat(10_000).as_bytes()).unwrap();
        streams.drain();
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 10_000);
    }
}
