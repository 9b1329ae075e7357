//! A container's standard input: the other end of it, which must not be closed while the container may read.

use crate::container::open_null;
use rustix::pipe::{PipeFlags, pipe_with};
use std::{io, os::fd::OwnedFd};

pub struct Stdin {
    input: Input,
    /// Whether anybody who is attached may write to it.
    is_open: bool,
    /// It ends with the first who was attached (`stdinOnce`).
    once: bool,
}

enum Input {
    Empty,
    Pipe(OwnedFd),
    Terminal,
}

impl Stdin {
    /// Also gives the container's end.
    pub fn open(is_open: bool, once: bool) -> io::Result<(Self, OwnedFd)> {
        let (input, theirs) = if is_open {
            let (theirs, ours) = pipe_with(PipeFlags::CLOEXEC)?;
            (Input::Pipe(ours), theirs)
        } else {
            (Input::Empty, open_null()?)
        };
        Ok((Self { input, is_open, once }, theirs))
    }

    pub fn become_terminal(&mut self) {
        self.input = Input::Terminal;
    }

    pub fn is_terminal(&self) -> bool {
        matches!(self.input, Input::Terminal)
    }

    /// Whether the input may be written to, and, if it is no terminal, what leads there. An input that ends with the first
    /// who is attached is given away: when that one closes it, it has ended.
    pub fn attach(&mut self, wanted: bool) -> io::Result<(bool, Option<OwnedFd>)> {
        let given = wanted && self.is_open;
        let descriptor = match &self.input {
            Input::Pipe(pipe) if given => Some(pipe.try_clone()?),
            Input::Pipe(_) | Input::Terminal | Input::Empty => None,
        };
        if given && self.once {
            self.is_open = false;
            if !self.is_terminal() {
                self.input = Input::Empty;
            }
        }
        Ok((given, descriptor))
    }

    pub fn end(&mut self) {
        (self.input, self.is_open) = (Input::Empty, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs::File, io::Read, io::Write};

    fn pipe(once: bool) -> (Stdin, File) {
        let (theirs, ours) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        (Stdin { input: Input::Pipe(ours), is_open: true, once }, theirs.into())
    }

    #[test]
    fn an_input_for_once_ends_with_the_first_who_is_attached() {
        let (mut stdin, mut theirs) = pipe(true);
        let (given, writer) = stdin.attach(true).unwrap();
        assert!(given);
        File::from(writer.unwrap()).write_all(b"all").unwrap();
        let mut read = String::new();
        theirs.read_to_string(&mut read).unwrap();
        assert_eq!(read, "all");
        assert!(matches!(stdin.attach(true).unwrap(), (false, None)));
    }

    #[test]
    fn an_input_stays_open_for_the_next() {
        let (mut stdin, mut theirs) = pipe(false);
        for text in ["one", "two"] {
            assert!(matches!(stdin.attach(false).unwrap(), (false, None)));
            File::from(stdin.attach(true).unwrap().1.unwrap()).write_all(text.as_bytes()).unwrap();
            let mut read = [0; 3];
            theirs.read_exact(&mut read).unwrap();
            assert_eq!(read, text.as_bytes());
        }
        stdin.end();
        assert_eq!(theirs.read(&mut [0]).unwrap(), 0);
    }
}
