//! A program that runs beside a test: its lines as they come, its end.

use crate::PATIENCE;
use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
};

/// A program whose lines, of standard output and standard error, the test waits for. It is killed when dropped.
pub struct Running {
    what: String,
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Running {
    /// Starts a program with this on its standard input.
    pub fn start(mut command: Command, input: &str) -> Result<Self> {
        let what = format!("{command:?}");
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.with_context(|| format!("cannot run {what}"))?;
        child.stdin.take().context("no standard input")?.write_all(input.as_bytes())?;
        let (sender, lines) = channel();
        send_lines(child.stdout.take().context("no standard output")?, sender.clone());
        send_lines(child.stderr.take().context("no standard error")?, sender);
        Ok(Self { what, child, lines, seen: Vec::new() })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the next line that contains a text.
    pub fn wait_for(&mut self, text: &str) -> Result<String> {
        while let Some(line) = self.next()? {
            if line.contains(text) {
                return Ok(line);
            }
        }
        bail!("{} ended without {text:?}; it said {:#?}", self.what, self.seen)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw).context("no process")?;
        Ok(kill_process(pid, signal)?)
    }

    /// Waits for its end; returns how it ended and all that it said.
    pub fn finish(mut self) -> Result<(ExitStatus, Vec<String>)> {
        while self.next()?.is_some() {}
        Ok((self.child.wait()?, std::mem::take(&mut self.seen)))
    }

    /// The next line; `None` once both streams have ended.
    fn next(&mut self) -> Result<Option<String>> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => {
                self.seen.push(line.clone());
                Ok(Some(line))
            }
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => bail!("{} says no more; it said {:#?}", self.what, self.seen),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn send_lines(stream: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        let read = BufReader::new(stream).lines().map_while(Result::ok);
        // An error means that nobody waits any more.
        read.map(|line| lines.send(line)).take_while(Result::is_ok).for_each(drop);
    });
}
