//! Being connected to the streams of a container's own process.

use super::{
    Sandbox,
    streams::{Input, Output, Streams, Terminal, output},
};
use crate::{
    Error, Result, StandardStreams,
    connection::Reply,
    protocol::{Answer, Attach, Call},
};
use std::{io, os::fd::OwnedFd};
use tokio::net::unix::pipe;

impl Sandbox {
    /// Connects to a container that runs. What it writes from now on is read here, until it ends, and goes to its log all
    /// the same; whoever does not read holds it up. With a terminal there is no standard error; without an input
    /// ([`crate::ContainerConfig::stdin`]) or when that has ended, no standard input.
    pub async fn attach(&self, container: &str, wanted: StandardStreams) -> Result<Streams> {
        self.check_version()?;
        let failed = |error: io::Error| Error::Container {
            container: container.to_owned(),
            message: format!("attach to it: {error}"),
        };
        let (mut streams, theirs) = make_outputs(wanted).map_err(failed)?;
        let attach = Attach { container: container.to_owned(), streams: wanted };
        let reply = self.inner.connection.call_with(Call::Attach(attach), theirs).await;
        let reply = reply.map_err(|error| self.explain(container, error))?;
        let Reply { answer: Answer::Attached { terminal, stdin }, descriptor } = reply else {
            return Err(self.gone());
        };
        match descriptor {
            Some(master) if terminal => {
                let terminal = Terminal::new(master).map_err(failed)?;
                streams.stdin = stdin.then(|| -> Input { Box::new(terminal.clone()) });
                streams.terminal = Some(terminal);
            }
            Some(input) => {
                streams.stdin = Some(Box::new(pipe::Sender::from_owned_fd(input).map_err(failed)?));
            }
            None => {}
        }
        Ok(streams)
    }
}

/// Our ends of the outputs that are wanted, and the supervisor's.
fn make_outputs(wanted: StandardStreams) -> io::Result<(Streams, Vec<OwnedFd>)> {
    let mut theirs = Vec::new();
    let mut make = |wanted: bool| -> io::Result<Option<Output>> {
        if !wanted {
            return Ok(None);
        }
        let (ours, end) = output()?;
        theirs.push(end);
        Ok(Some(ours))
    };
    let (stdout, stderr) = (make(wanted.stdout)?, make(wanted.stderr)?);
    Ok((Streams { stdout, stderr, ..Streams::default() }, theirs))
}
