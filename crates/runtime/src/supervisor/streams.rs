//! A container's standard streams: what it reads, and what it writes, which goes to its log and to who is attached.

use super::{
    attached::Attached,
    log::{Lines, Log, Stream},
    source::{Source, Waited, readable},
    stdin::Stdin,
};
use crate::{
    StandardStreams, container,
    protocol::{Answer, Start},
};
use jiff::Timestamp;
use std::{io, os::fd::OwnedFd};

/// Bytes read from a container's output at once, and how many times in a row before others have their turn.
const CHUNK: usize = 16 * 1024;
const CHUNKS: usize = 16;

pub struct Streams {
    outputs: Vec<Output>,
    stdin: Stdin,
    log: Log,
}

/// Standard output or error.
struct Output {
    /// Until it has ended.
    descriptor: Option<OwnedFd>,
    lines: Lines,
    attached: Attached,
}

impl Output {
    fn new(descriptor: OwnedFd, stream: Stream) -> Self {
        Self { descriptor: Some(descriptor), lines: Lines::new(stream), attached: Attached::default() }
    }

    /// It is read if those who are attached can take more.
    fn source(&self) -> Option<&OwnedFd> {
        self.descriptor.as_ref().filter(|_| !self.attached.are_behind())
    }
}

impl Streams {
    /// Makes the streams; returns the container's ends, too.
    pub fn open(start: &Start, log: Log) -> io::Result<(Self, container::Streams)> {
        let (stdin, their_stdin) = Stdin::open(start.stdin, start.stdin_once)?;
        let ((stdout, their_stdout), (stderr, their_stderr)) = (output()?, output()?);
        let outputs = vec![Output::new(stdout, Stream::Stdout), Output::new(stderr, Stream::Stderr)];
        Ok((Self { outputs, stdin, log }, [their_stdin, their_stdout, their_stderr]))
    }

    /// Takes a terminal, which is standard input, output and error in one. It does not block.
    pub fn become_terminal(&mut self, master: OwnedFd) {
        self.stdin.become_terminal();
        self.outputs = vec![Output::new(master, Stream::Stdout)];
    }

    pub fn sources<'a>(&'a self, id: &'a str) -> impl Iterator<Item = Waited<'a>> {
        self.outputs.iter().enumerate().flat_map(move |(number, output)| {
            let read = output.source().map(|output| readable(Source::Output(id.to_owned(), number), output));
            let attached = output.attached.sources();
            read.into_iter()
                .chain(attached.map(move |(pipe, flags)| (Source::Attached(id.to_owned(), number), pipe, flags)))
        })
    }

    /// Connects somebody: `pipes` get copies of the outputs that are wanted, in their order. With the answer goes what
    /// leads to the container's input.
    pub fn attach(&mut self, wanted: StandardStreams, pipes: Vec<OwnedFd>) -> io::Result<(Answer, Option<OwnedFd>)> {
        let numbers = [wanted.stdout, wanted.stderr].into_iter().enumerate().filter(|(_, wanted)| *wanted);
        for ((number, _), pipe) in numbers.zip(pipes) {
            // A terminal has no standard error, whose pipe ends at once then.
            if let Some(output) = self.outputs.get_mut(number) {
                output.attached.add(pipe)?;
            }
        }
        let terminal = if self.stdin.is_terminal() { self.terminal()? } else { None };
        let (stdin, pipe) = self.stdin.attach(wanted.stdin)?;
        Ok((Answer::Attached { terminal: terminal.is_some(), stdin }, terminal.or(pipe)))
    }

    /// How many pipes lead to those who are attached.
    pub fn attached(&self) -> usize {
        self.outputs.iter().map(|output| output.attached.len()).sum()
    }

    fn terminal(&self) -> io::Result<Option<OwnedFd>> {
        self.outputs.first().and_then(|output| output.descriptor.as_ref()).map(OwnedFd::try_clone).transpose()
    }

    /// Copies output, as much as is there, within reason.
    pub fn pump(&mut self, number: usize) {
        for _ in 0..CHUNKS {
            let may_read = self.outputs.get(number).is_some_and(|output| output.source().is_some());
            if !may_read || self.read(number, CHUNK) == 0 {
                return;
            }
        }
    }

    /// Goes on with those who are attached.
    pub fn flush(&mut self, number: usize) {
        if let Some(output) = self.outputs.get_mut(number) {
            output.attached.flush();
        }
    }

    /// The container has ended: copies all that is there now, and takes note of the end. Others may have the stream and
    /// write on without a pause: what they write waits its turn.
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

    /// The container has ended, and all it had to say is copied: nobody is attached to it any more.
    pub fn end(&mut self) {
        self.stdin.end();
        self.outputs.iter().for_each(|output| output.attached.make_room());
        self.drain();
        self.outputs.iter_mut().for_each(|output| output.attached.end());
    }

    /// How many bytes are there to read; a terminal may have more of them.
    fn waiting(&self, number: usize) -> usize {
        let output = self.outputs.get(number).and_then(|output| output.descriptor.as_ref());
        let length = output.and_then(|output| rustix::io::ioctl_fionread(output).ok());
        length.and_then(|length| usize::try_from(length).ok()).unwrap_or_default()
    }

    /// Copies at most so many bytes; 0: there is nothing now, or never again.
    fn read(&mut self, number: usize, most: usize) -> usize {
        let Some(output) = self.outputs.get_mut(number) else { return 0 };
        let Some(descriptor) = &output.descriptor else { return 0 };
        let mut chunk = [0; CHUNK];
        let room = chunk.get_mut(..most).unwrap_or_default();
        let mut formatted = Vec::new();
        let now = Timestamp::now();
        let copied = match rustix::io::read(descriptor, room) {
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => return 0,
            Ok(length) if length > 0 => {
                let written = chunk.get(..length).unwrap_or_default();
                output.lines.format(now, written, &mut formatted);
                output.attached.write(written);
                length
            }
            // The end; a terminal says EIO when nobody has it open any more.
            Ok(_) | Err(_) => {
                output.lines.finish(now, &mut formatted);
                output.descriptor = None;
                output.attached.end();
                0
            }
        };
        self.log.write(&formatted, now);
        copied
    }
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

    fn start() -> Start {
        serde_json::from_value(serde_json::json!({
            "container": "c", "bundle": "", "lower": [], "volumes": [], "cgroup": "", "namespaces": 0, "pid_namespace": null,
            "target": null, "log": "", "log_max_size": 0, "log_max_files": 0, "stdin": false
        }))
        .unwrap()
    }

    /// A second container may have got the stream of the first.
    #[test]
    fn draining_ends_while_others_write_on() {
        let directory = tempfile::tempdir().unwrap();
        let log = Log::open(directory.path().join("0.log"), 1 << 20, 2).unwrap();
        let (mut streams, [_, stdout, _stderr]) = Streams::open(&start(), log).unwrap();
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
            Streams::open(&start(), Log::open(path.clone(), 1 << 20, 2).unwrap()).unwrap();
        File::from(stdout).write_all("line\n".repeat(10_000).as_bytes()).unwrap();
        streams.drain();
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 10_000);
    }
}
