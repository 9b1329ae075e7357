//! Processes that run in containers beside the containers' own.

use super::{
    container::does_not_run,
    process::{Process, exit_code},
    source::{Requester, Source, Waited, readable},
    startup::{Builder, News, Startup, Step},
};
use crate::{
    cgroup::Cgroups,
    container::{self, Target},
    kernel,
    protocol::{Answer, Exec, Failure},
};
use std::{
    collections::BTreeMap,
    io::{self, ErrorKind},
    os::fd::{AsFd, OwnedFd},
    time::{Duration, Instant},
};

/// What containerd says of a process whose end it cannot tell.
const UNKNOWN: i32 = 255;
/// How many there may be at a time: each takes descriptors here.
const MOST: usize = 256;
/// How long one may take to execute its program (the kubelet's `runtimeRequestTimeout`): it goes to a directory and
/// looks for a program that may be where nobody answers.
const STARTING: Duration = Duration::from_mins(2);

/// The processes, by who asked for them.
#[derive(Default)]
pub struct Execs(BTreeMap<Requester, Phase>);

enum Phase {
    Starting {
        startup: Box<Startup>,
        /// When it is given up, if that has not been done.
        due: Option<Instant>,
    },
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
        if self.0.len() >= MOST {
            return Err(Failure::Exec(format!("{MOST} processes run beside those of the pod's containers already")));
        }
        let (news, status) = News::open().map_err(ours("make a socket"))?;
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
        self.follow_from_now_on(Startup::new(requester, news, Builder::Outside(child.pidfd)), Instant::now());
        Ok(())
    }

    fn follow_from_now_on(&mut self, startup: Startup, now: Instant) {
        let (requester, due) = (startup.requester, Some(now + STARTING));
        self.0.insert(requester, Phase::Starting { startup: Box::new(startup), due });
    }

    /// When the first of them has taken too long.
    pub fn due(&self) -> Option<Instant> {
        let due = |phase: &Phase| match phase {
            Phase::Starting { due, .. } => *due,
            Phase::Running(_) => None,
        };
        self.0.values().filter_map(due).min()
    }

    /// Ends those that have taken too long to start; whoever asked is told when they have ended.
    pub fn give_up(&mut self, now: Instant) {
        for phase in self.0.values_mut() {
            if let Phase::Starting { startup, due } = phase
                && due.take_if(|due| *due <= now).is_some()
            {
                startup.give_up();
            }
        }
    }

    pub fn sources(&self) -> impl Iterator<Item = Waited<'_>> {
        self.0.iter().flat_map(|(id, phase)| match phase {
            Phase::Starting { startup, .. } => {
                startup.sources(Source::ExecProgress(*id), Source::ExecExit(*id)).collect::<Vec<_>>()
            }
            Phase::Running(process) => vec![readable(Source::ExecExit(*id), process.next_to_end())],
        })
    }

    /// Reads how the start goes. Returns the answer, and the terminal with it, when the program has been executed.
    pub fn follow(&mut self, id: Requester) -> Option<(Answer, Option<OwnedFd>)> {
        let Phase::Starting { startup, .. } = self.0.get_mut(&id)? else { return None };
        if startup.follow() != Step::Executed {
            return None;
        }
        let Some(Phase::Starting { startup, .. }) = self.0.remove(&id) else { return None };
        let started = startup.finish()?;
        self.0.insert(id, Phase::Running(started.process));
        Some((Answer::Executing { warnings: started.warnings }, started.terminal))
    }

    /// Takes note of the end of a process; `None`: it has not ended.
    pub fn reap(&mut self, id: Requester) -> Option<ExecEnd> {
        let status = match self.0.get_mut(&id)? {
            Phase::Starting { startup, .. } => startup.reap()?,
            Phase::Running(process) => process.reap()?,
        };
        Some(match self.0.remove(&id)? {
            Phase::Starting { startup, .. } => ExecEnd::Failed(Failure::Exec(startup.into_failure().into_text())),
            Phase::Running(_) => ExecEnd::Exited(exit_code(&status).0.unwrap_or(UNKNOWN)),
        })
    }

    /// Kills a process, and those that it leads.
    pub fn kill(&mut self, id: Requester) -> Result<(), Failure> {
        let killed = match self.0.get_mut(&id).ok_or_else(does_not_run)? {
            Phase::Starting { startup, .. } => startup.signal(libc::SIGKILL),
            Phase::Running(process) => kernel::kill_group(process.pidfd().as_fd()),
        };
        killed.map_err(|error| Failure::Exec(format!("kill it: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervisor::process::tests::{child, wait_for};

    #[test]
    fn what_does_not_start_is_given_up_and_its_requester_told() {
        let ((_input, builder), (news, _status)) = (child(), News::open().unwrap());
        let (mut execs, now, id) = (Execs::default(), Instant::now(), (0, 1));
        execs.follow_from_now_on(Startup::new(id, news, Builder::Outside(builder)), now);
        let due = execs.due().unwrap();
        assert_eq!(due, now + STARTING);
        execs.give_up(due.checked_sub(Duration::from_millis(1)).unwrap());
        assert!(execs.reap(id).is_none() && execs.due().is_some());
        execs.give_up(due);
        assert!(execs.due().is_none(), "it is not killed again and again");
        if let Some((_, builder, _)) = execs.sources().find(|(source, ..)| matches!(source, Source::ExecExit(_))) {
            wait_for(&builder.try_clone_to_owned().unwrap());
        }
        let Some(ExecEnd::Failed(failure)) = execs.reap(id) else { panic!("it has not ended") };
        assert_eq!(failure.into_text(), "it did not start in time");
    }
}
