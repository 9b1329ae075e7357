//! Processes that run in a container beside its own.

use super::{
    Sandbox,
    streams::{Streams, Terminal, input, output},
};
use crate::{
    Error, ExecConfig, Result,
    connection::{Connection, Executing, Reply},
    protocol::{Answer, Call, Exec},
};
use std::{io, os::fd::OwnedFd, sync::Arc};
use tokio::sync::oneshot;

/// A process that runs in a container beside its own. It does not end with this handle.
pub struct ExecProcess {
    sandbox: String,
    connection: Arc<Connection>,
    id: u64,
    end: oneshot::Receiver<i32>,
}

impl ExecProcess {
    /// Waits for its end and returns its exit code; as a shell would say, 128 plus the signal if one ended it. May be
    /// called again when it was not waited for to the end.
    pub async fn wait(&mut self) -> Result<i32> {
        (&mut self.end).await.map_err(|_| Error::Gone { sandbox: self.sandbox.clone() })
    }

    /// Kills it and the processes of its group. That it has ended already is fine.
    pub async fn kill(&self) {
        // Whoever waits for it learns what became of it.
        let _ = self.connection.call(Call::KillExec { exec: self.id }).await;
    }
}

impl Sandbox {
    /// Executes a program in a container that runs. [`Error::Exec`]: it cannot be.
    pub async fn exec(&self, container: &str, config: ExecConfig) -> Result<(ExecProcess, Streams)> {
        self.check_version()?;
        let failed = |error: io::Error| Error::Exec { container: container.to_owned(), message: error.to_string() };
        let (mut streams, theirs) = make_streams(&config).map_err(failed)?;
        let ExecConfig { arguments, terminal, streams: wanted } = config;
        let exec = Exec { container: container.to_owned(), arguments, terminal, streams: wanted };
        let executing = self.inner.connection.exec(exec, theirs).await;
        let Executing { id, reply, end } = executing.map_err(|error| self.explain(container, error))?;
        let Reply { answer: Answer::Executing { warnings }, descriptor } = reply else { return Err(self.gone()) };
        self.inner.machine.warn_once(warnings);
        if let Some(master) = descriptor {
            let terminal = Terminal::new(master).map_err(failed)?;
            streams.stdin = Some(Box::new(terminal.clone()));
            streams.stdout = Some(Box::new(terminal.clone()));
            streams.terminal = Some(terminal);
        }
        let (sandbox, connection) = (self.id().to_owned(), Arc::clone(&self.inner.connection));
        Ok((ExecProcess { sandbox, connection, id, end }, streams))
    }
}

/// Our ends of the streams that are wanted, and the process'. A terminal is made by the process itself.
fn make_streams(config: &ExecConfig) -> io::Result<(Streams, Vec<OwnedFd>)> {
    let (mut streams, mut theirs) = (Streams::default(), Vec::new());
    if config.terminal {
        return Ok((streams, theirs));
    }
    if config.streams.stdin {
        let (ours, end) = input()?;
        streams.stdin = Some(ours);
        theirs.push(end);
    }
    for (wanted, slot) in [(config.streams.stdout, &mut streams.stdout), (config.streams.stderr, &mut streams.stderr)] {
        if wanted {
            let (ours, end) = output()?;
            *slot = Some(ours);
            theirs.push(end);
        }
    }
    Ok((streams, theirs))
}
