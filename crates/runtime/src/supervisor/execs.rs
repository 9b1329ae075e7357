//! Processes that run in containers beside the containers' own.

use super::{
    container::does_not_run,
    process::{Process, exit_code},
    source::{Requester, Source, Waited, readable},
    startup::{Builder, Startup, Step},
};
use crate::{
    cgroup::Cgroups,
    container::{self, Target},
    kernel,
    protocol::{Answer, Exec, Failure},
    seqpacket,
};
use std::{
    collections::BTreeMap,
    io::{self, ErrorKind},
    os::fd::{AsFd, OwnedFd},
};

/// What containerd says of a process whose end it cannot tell.
const UNKNOWN: i32 = 255;

/// The processes, by who asked for them.
#[derive(Default)]
pub struct Execs(BTreeMap<Requester, Phase>);

enum Phase {
    Starting(Box<Startup>),
    Running(Process),
}

/// What the end of a process means.
pub enum ExecEnd {
    /// Its program never ran.
    Failed(Failure),
    Exited(i32),
}

impl Execs {
    /// Forks a process that joins a container. `streams` are its ends. How it goes on comes as events.
    pub fn start(
        &mut self,
        exec: &Exec,
        target: &Target,
        streams: Vec<OwnedFd>,
        cgroups: &Cgroups,
        requester: Requester,
    ) -> Result<(), Failure> {
        let ours = |what: &'static str| move |error: io::Error| Failure::Exec(format!("{what}: {error}"));
        let (progress, status) = seqpacket::pair().map_err(ours("make a socket"))?;
        let cgroup = cgroups.birthplace(&target.cgroup).map_err(|error| Failure::Exec(error.to_string()))?;
        let forked = match kernel::clone3(0, cgroup.as_ref().map(AsFd::as_fd)) {
            Err(error) if error.kind() == ErrorKind::ResourceBusy => {
                let lower = cgroups.birthplace_beside(target.pid, &target.cgroup);
                let lower = lower.map_err(|error| Failure::Exec(error.to_string()))?;
                kernel::clone3(0, lower.as_ref().or(cgroup.as_ref()).map(AsFd::as_fd))
            }
            forked => forked,
        };
        let Some(child) = forked.map_err(ours("clone"))? else {
            container::exec(exec, target, cgroups, streams, &status);
        };
        let startup = Startup::new(requester, progress, Builder::outside(child)).map_err(ours("make a socket"))?;
        self.0.insert(requester, Phase::Starting(Box::new(startup)));
        Ok(())
    }

    pub fn sources(&self) -> impl Iterator<Item = Waited<'_>> {
        self.0.iter().flat_map(|(id, phase)| match phase {
            Phase::Starting(startup) => {
                startup.sources(Source::ExecProgress(*id), Source::ExecExit(*id)).collect::<Vec<_>>()
            }
            Phase::Running(process) => vec![readable(Source::ExecExit(*id), process.pidfd())],
        })
    }

    /// Reads how the start goes. Returns the answer, and the terminal with it, when the program has been executed.
    pub fn follow(&mut self, id: Requester) -> Option<(Answer, Option<OwnedFd>)> {
        let Phase::Starting(startup) = self.0.get_mut(&id)? else { return None };
        if startup.follow() != Step::Executed {
            return None;
        }
        let Some(Phase::Starting(startup)) = self.0.remove(&id) else { return None };
        let started = startup.finish()?;
        self.0.insert(id, Phase::Running(started.process));
        Some((Answer::Executing { warnings: started.warnings }, started.terminal))
    }

    /// Takes note of the end of a process; `None`: it has not ended.
    pub fn reap(&mut self, id: Requester) -> Option<ExecEnd> {
        let status = match self.0.get(&id)? {
            Phase::Starting(startup) => startup.reap()?,
            Phase::Running(process) => process.reap()?,
        };
        Some(match self.0.remove(&id)? {
            Phase::Starting(startup) => ExecEnd::Failed(Failure::Exec(startup.into_failure().into_text())),
            Phase::Running(_) => ExecEnd::Exited(exit_code(&status).0.unwrap_or(UNKNOWN)),
        })
    }

    /// Kills a process, and those that it leads.
    pub fn kill(&mut self, id: Requester) -> Result<(), Failure> {
        let killed = match self.0.get_mut(&id).ok_or_else(does_not_run)? {
            Phase::Starting(startup) => startup.signal(libc::SIGKILL),
            Phase::Running(process) => kernel::kill_group(process.pidfd().as_fd()),
        };
        killed.map_err(|error| Failure::Exec(format!("kill it: {error}")))
    }
}
