//! One container as its supervisor handles it: started, listened to, reaped.

use super::{
    log::Log,
    process::{Process, exit_code},
    source::{Requester, Source, Waited, readable},
    startup::{Builder, News, Started, Startup, Step},
    streams::Streams,
};
use crate::{
    ContainerState, StandardStreams, Status,
    cgroup::Cgroups,
    container::{self, Shared, Target},
    error::OOM_KILLED,
    kernel::{self, Child},
    protocol::{Answer, Failure, Start},
};
use jiff::Timestamp;
use rustix::process::WaitIdStatus;
use std::{
    io::{self, ErrorKind},
    mem,
    os::fd::{AsFd, OwnedFd},
    path::PathBuf,
    time::Instant,
};

pub struct Container {
    /// What is told of it.
    pub state: ContainerState,
    pub bundle: PathBuf,
    phase: Phase,
    streams: Streams,
}

enum Phase {
    Starting(Box<Startup>),
    Running(Process),
    Exited,
}

/// What the end of a container's process means.
pub enum End {
    /// Its program never ran: whoever asked for it is told why.
    Failed(Requester, Failure),
    Exited,
}

impl Container {
    /// Forks the container's process. How it goes on comes as events. `shared` has the PID namespace that it joins.
    pub fn start(
        start: Start,
        cgroups: &Cgroups,
        shared: Option<Shared>,
        requester: Requester,
    ) -> Result<Self, Failure> {
        let created_at = Timestamp::now();
        let log = Log::open(start.log.clone(), start.log_max_size, start.log_max_files)
            .map_err(|error| Failure::Create(format!("open the log {}: {error}", start.log.display())))?;
        let ours = |what: &'static str| move |error: io::Error| Failure::Create(format!("{what}: {error}"));
        let (news, status) = News::open().map_err(ours("make a socket"))?;
        let (streams, theirs) = Streams::open(&start, log).map_err(ours("make standard input and output"))?;
        let cgroup = cgroups.birthplace(&start.cgroup).map_err(|error| Failure::Create(error.to_string()))?;

        let child = kernel::clone3(start.new_namespaces(), cgroup.as_ref().map(AsFd::as_fd));
        let Some(child) = child.map_err(|error| match error.kind() {
            ErrorKind::OutOfMemory => Failure::Start(OOM_KILLED.to_owned()),
            _ => ours("clone")(error),
        })?
        else {
            container::run(&start, cgroups, shared, &theirs, &status);
        };
        let state = created(&start, &child, created_at);
        let builder = if start.joins() {
            Builder::Outside(child.pidfd)
        } else {
            Builder::Init(Process::new(child, start.new_namespaces() & libc::CLONE_NEWPID != 0))
        };
        let startup = Startup::new(requester, news, builder);
        Ok(Self { state, phase: Phase::Starting(Box::new(startup)), bundle: start.bundle, streams })
    }

    /// What another container shares that joins this one's PID namespace.
    pub fn namespaces(&self) -> io::Result<Shared> {
        match &self.phase {
            Phase::Running(process) => process.namespaces(),
            Phase::Starting(_) | Phase::Exited => Err(io::Error::from_raw_os_error(libc::ESRCH)),
        }
    }

    /// What another process joins that is to run in this container.
    pub fn target(&self) -> Result<Target, Failure> {
        let Phase::Running(process) = &self.phase else { return Err(does_not_run()) };
        let (pid, pidfd) = (process.pid, process.pidfd().try_clone());
        let process = pidfd.map_err(|error| Failure::Exec(error.to_string()))?;
        Ok(Target { process, pid, bundle: self.bundle.clone(), cgroup: self.state.cgroup.clone() })
    }

    /// Connects somebody to the container's streams.
    pub fn attach(
        &mut self,
        wanted: StandardStreams,
        pipes: Vec<OwnedFd>,
    ) -> Result<(Answer, Option<OwnedFd>), Failure> {
        let Phase::Running(_) = &self.phase else { return Err(does_not_run()) };
        self.streams.attach(wanted, pipes).map_err(|error| Failure::Container(format!("attach to it: {error}")))
    }

    /// How many pipes lead to those who are attached.
    pub fn attached(&self) -> usize {
        self.streams.attached()
    }

    pub fn sources<'a>(&'a self, id: &'a str) -> Vec<Waited<'a>> {
        let mut sources: Vec<_> = self.streams.sources(id).collect();
        match &self.phase {
            Phase::Starting(startup) => {
                sources.extend(startup.sources(Source::Progress(id.to_owned()), Source::Exit(id.to_owned())));
            }
            Phase::Running(process) => sources.push(readable(Source::Exit(id.to_owned()), process.next_to_end())),
            Phase::Exited => {}
        }
        sources
    }

    /// Reads how the start goes. Returns the answer, and whose it is, when the program has been executed.
    pub fn follow_start(&mut self) -> Option<(Requester, Answer)> {
        let Phase::Starting(startup) = &mut self.phase else { return None };
        if startup.follow() != Step::Executed {
            return None;
        }
        let Phase::Starting(startup) = mem::replace(&mut self.phase, Phase::Exited) else { return None };
        let requester = startup.requester;
        let Started { mut process, terminal, warnings } = startup.finish()?;
        if let Some(master) = terminal {
            self.streams.become_terminal(master);
        }
        process.has_executed(Instant::now());
        let (pid, started_at) = (process.pid, Timestamp::now());
        (self.state.pid, self.state.status, self.state.started_at) = (pid, Status::Running, Some(started_at));
        self.phase = Phase::Running(process);
        Some((requester, Answer::Started { pid, started_at, warnings }))
    }

    /// Copies output to the log and to who is attached.
    pub fn pump(&mut self, stream: usize) {
        self.streams.pump(stream);
    }

    /// Goes on with who is attached to an output.
    pub fn flush(&mut self, stream: usize) {
        self.streams.flush(stream);
    }

    /// Takes note of the end of the init process: what it left in its pipes, how it ended. `None`: it has not.
    pub fn reap(&mut self, cgroups: &Cgroups) -> Option<End> {
        let (status, leaves_others_behind) = match &mut self.phase {
            Phase::Starting(startup) => (startup.reap()?, startup.leaves_others_behind()),
            Phase::Running(process) => (process.reap()?, process.leaves_others_behind()),
            Phase::Exited => return None,
        };
        if leaves_others_behind {
            // With a PID namespace of its own everything has died with the init process; here it has not.
            let _ = cgroups.kill_now(&self.state.cgroup);
        }
        self.streams.end();
        self.note_end(&status, cgroups);
        Some(match mem::replace(&mut self.phase, Phase::Exited) {
            Phase::Starting(startup) => End::Failed(startup.requester, self.why(*startup)),
            Phase::Running(_) | Phase::Exited => End::Exited,
        })
    }

    fn note_end(&mut self, status: &WaitIdStatus, cgroups: &Cgroups) {
        (self.state.exit_code, self.state.signal) = exit_code(status);
        self.state.oom_killed = cgroups.oom_kills(&self.state.cgroup) > 0;
        (self.state.status, self.state.finished_at) = (Status::Exited, Some(Timestamp::now()));
    }

    /// Whatever went wrong in a process that was killed for want of memory, that is why.
    fn why(&self, startup: Startup) -> Failure {
        if self.state.oom_killed { Failure::Start(OOM_KILLED.to_owned()) } else { startup.into_failure() }
    }

    pub fn signal(&mut self, signal: i32) -> io::Result<()> {
        match &mut self.phase {
            Phase::Starting(startup) => startup.signal(signal),
            Phase::Running(process) => process.signal(signal),
            Phase::Exited => Err(io::Error::from_raw_os_error(libc::ESRCH)),
        }
    }

    /// When to see again whether a signal that was dropped can be taken.
    pub fn next_look(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Running(process) => process.next_look(),
            Phase::Starting(_) | Phase::Exited => None,
        }
    }

    pub fn signal_again(&mut self, now: Instant) {
        if let Phase::Running(process) = &mut self.phase {
            process.signal_again(now);
        }
    }
}

pub fn does_not_run() -> Failure {
    Failure::Container("it does not run".to_owned())
}

fn created(start: &Start, child: &Child, created_at: Timestamp) -> ContainerState {
    ContainerState {
        id: start.container.clone(),
        pid: child.pid.as_raw_nonzero().get().unsigned_abs(),
        status: Status::Created,
        created_at,
        started_at: None,
        finished_at: None,
        exit_code: None,
        signal: None,
        oom_killed: false,
        cgroup: start.cgroup.clone(),
    }
}
