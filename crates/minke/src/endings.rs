//! What asks the program to end: signals, and the end of whoever reads what it says.

use anyhow::{Context, Result};
use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
};
use std::{fs, future, thread};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};

/// One of the reasons to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Hangup = 1,
    Interrupt = 2,
    /// Nobody reads what is said.
    BrokenPipe = 13,
    Terminate = 15,
}

impl Ending {
    /// What shells say of a program that this has ended: 128 and the number of the signal.
    pub fn exit_code(self) -> u8 {
        128 + self as u8
    }
}

/// The reasons to end, as they come.
pub struct Endings {
    interrupt: Signal,
    terminate: Signal,
    /// None for who is to survive the end of the terminal, as under nohup(1).
    hangup: Option<Signal>,
    /// Tells when nobody reads standard output any more; none for who does not mind.
    reader_gone: Option<oneshot::Receiver<()>>,
}

impl Endings {
    /// SIGINT, SIGTERM and SIGHUP; from now on they do not kill the process.
    pub fn signals() -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen to signals");
        #[expect(clippy::disallowed_methods, reason = "what the kernel tells of itself is in memory")]
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let hangup = if ignores(&status, Ending::Hangup) { None } else { Some(listen(SignalKind::hangup())?) };
        let (interrupt, terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        Ok(Self { interrupt, terminate, hangup, reader_gone: None })
    }

    /// The same, and that nobody reads standard output any more.
    pub fn signals_and_reader() -> Result<Self> {
        let (sender, receiver) = oneshot::channel();
        let watch = move || {
            wait_until_nobody_reads();
            sender.send(()).ok()
        };
        thread::Builder::new().name("reader".into()).spawn(watch).context("cannot watch standard output")?;
        Ok(Self { reader_gone: Some(receiver), ..Self::signals()? })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Ending {
        tokio::select! {
            _ = self.interrupt.recv() => Ending::Interrupt,
            _ = self.terminate.recv() => Ending::Terminate,
            () = received(self.hangup.as_mut()) => Ending::Hangup,
            () = told(self.reader_gone.as_mut()) => {
                self.reader_gone = None;
                Ending::BrokenPipe
            }
        }
    }
}

async fn received(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => future::pending().await,
    }
}

async fn told(teller: Option<&mut oneshot::Receiver<()>>) {
    let told = match teller {
        Some(teller) => teller.await.is_ok(),
        None => false,
    };
    if !told {
        future::pending::<()>().await;
    }
}

/// For ever if standard output is a file, which has no reader. On a thread of its own, because tokio can watch only
/// what it owns and has made non-blocking.
fn wait_until_nobody_reads() {
    let output = rustix::stdio::stdout();
    let mut watched = [PollFd::new(&output, PollFlags::empty())];
    while poll(&mut watched, None) == Err(Errno::INTR) {}
}

/// Whether a process with this `/proc/self/status` was started with the signal ignored.
fn ignores(status: &str, signal: Ending) -> bool {
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    ignored >> (signal as u8 - 1) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_shells() {
        for (ending, code) in
            [(Ending::Hangup, 129), (Ending::Interrupt, 130), (Ending::BrokenPipe, 141), (Ending::Terminate, 143)]
        {
            assert_eq!(ending.exit_code(), code);
        }
    }

    #[test]
    fn who_is_to_survive_its_terminal_is_known() {
        for (status, expected) in [
            ("Name:\tminke\nSigIgn:\t0000000000001001\n", true),
            ("SigIgn:\t0000000000001000\n", false),
            ("SigIgn:\t\n", false),
            ("", false),
        ] {
            assert_eq!(ignores(status, Ending::Hangup), expected, "{status:?}");
        }
    }
}
