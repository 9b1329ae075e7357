//! The supervisor: one small single-threaded process a sandbox. It holds the sandbox's namespaces, makes and reaps its
//! containers, writes their logs and answers whoever connects to its socket.
//!
//! Everything is an event on a descriptor: a connection, a request, a step of a container's start, output, an exit; but
//! for a stop signal that came too early ([`unheeded`]). Nothing blocks but the disk.

mod attached;
mod clients;
mod container;
mod execs;
mod init;
mod log;
mod process;
mod setup;
mod source;
mod startup;
mod stdin;
mod streams;
mod unheeded;

use crate::{
    ContainerState, Status,
    cgroup::Cgroups,
    container::Shared,
    kernel,
    protocol::{Answer, Attach, Call, Description, Exec, Failure, Family, Message, Request, Start, Supervise, VERSION},
};
use clients::Clients;
use container::{Container, End};
use execs::{ExecEnd, Execs};
use init::Init;
pub use init::cgroup as init_cgroup;
use rustix::{
    event::{PollFd, Timespec},
    net::{AddressFamily, SocketFlags, SocketType},
};
use source::{Requester, Source, Waited};
use std::{collections::BTreeMap, fmt::Display, os::fd::OwnedFd, time::Instant};

struct Supervisor {
    description: Description,
    cgroups: Cgroups,
    /// Process 1 of the containers' PID namespace, if they share one.
    init: Option<Init>,
    clients: Clients,
    containers: BTreeMap<String, Container>,
    execs: Execs,
    /// Why the sandbox could not be set up; whoever asks is told, and then the process ends.
    broken: Option<String>,
    /// Who waits for the end.
    stopping: Option<Requester>,
}

/// Sets the sandbox up and supervises it. The calling process was forked for nothing else.
pub fn run(order: Supervise, listener: OwnedFd, cgroups: Cgroups) -> ! {
    // Who is attached to a container may go away at any time.
    kernel::ignore_signal(libc::SIGPIPE);
    let (init, broken) = match setup::set_up(&order, &cgroups) {
        Ok(init) => (init, None),
        Err(message) => (None, Some(message)),
    };
    let description = Description {
        sandbox: order.sandbox,
        pid: rustix::process::getpid().as_raw_nonzero().get().unsigned_abs(),
        pid_namespace: init.as_ref().map(|init| init.process.pid.as_raw_nonzero().get().unsigned_abs()),
        cgroup: order.cgroup,
        version: VERSION,
    };
    let mut supervisor = Supervisor {
        description,
        cgroups,
        init,
        clients: Clients::new(listener),
        containers: BTreeMap::new(),
        execs: Execs::default(),
        broken,
        stopping: None,
    };
    while !supervisor.is_finished() {
        for source in supervisor.wait() {
            supervisor.handle(&source);
        }
        supervisor.signal_again();
    }
    kernel::exit(0)
}

impl Supervisor {
    fn is_finished(&self) -> bool {
        let done = self.broken.is_some() && self.clients.have_been_served();
        let stopped = self.stopping.is_some() && self.containers.values().all(|one| one.state.status == Status::Exited);
        (done || stopped) && self.clients.are_flushed()
    }

    /// Sleeps until something happens.
    fn wait(&self) -> Vec<Source> {
        let containers = self.containers.iter().flat_map(|(id, container)| container.sources(id));
        let sources: Vec<Waited<'_>> =
            self.clients.sources().into_iter().chain(containers).chain(self.execs.sources()).collect();
        let mut descriptors: Vec<PollFd<'_>> =
            sources.iter().map(|(_, descriptor, flags)| PollFd::from_borrowed_fd(*descriptor, *flags)).collect();
        let due = self.containers.values().filter_map(Container::next_look).min();
        let timeout = due.map(|due| due.saturating_duration_since(Instant::now()));
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        // An interrupted or failed wait reports nothing and is tried again.
        let _ = rustix::event::poll(&mut descriptors, timeout.as_ref());
        let ready: Vec<bool> = descriptors.iter().map(|descriptor| !descriptor.revents().is_empty()).collect();
        sources.into_iter().zip(ready).filter(|(_, ready)| *ready).map(|((source, ..), _)| source).collect()
    }

    fn handle(&mut self, source: &Source) {
        match source {
            Source::Listener => self.clients.accept(),
            Source::Client(client) => {
                for (Request { id, call }, descriptors) in self.clients.read(*client) {
                    self.answer((*client, id), call, descriptors);
                }
            }
            Source::Progress(id) => self.follow_start(id),
            Source::Output(id, stream) => {
                if let Some(container) = self.containers.get_mut(id) {
                    container.pump(*stream);
                }
            }
            Source::Attached(id, stream) => {
                if let Some(container) = self.containers.get_mut(id) {
                    container.flush(*stream);
                }
            }
            Source::Exit(id) => self.reap(id),
            Source::ExecProgress(id) => self.follow_exec(*id),
            Source::ExecExit(id) => self.reap_exec(*id),
        }
    }

    fn answer(&mut self, requester: Requester, call: Call, descriptors: Vec<OwnedFd>) {
        match self.try_answer(requester, call, descriptors) {
            Ok(Some((answer, descriptor))) => self.clients.answer_with(requester, answer, descriptor),
            // It follows when what was asked for is done.
            Ok(None) => {}
            Err(failure) => self.clients.answer(requester, Err(failure)),
        }
    }

    fn try_answer(
        &mut self,
        requester: Requester,
        call: Call,
        descriptors: Vec<OwnedFd>,
    ) -> Result<Option<(Answer, Option<OwnedFd>)>, Failure> {
        if let Some(message) = &self.broken {
            return Err(Failure::Sandbox(message.clone()));
        }
        let answer = match call {
            Call::Describe => Answer::Sandbox(self.description.clone()),
            Call::Start(start) => return self.start(*start, requester).map(|()| None),
            Call::Signal { container, signal } => self.signal(&container, signal).map(|()| Answer::Done)?,
            Call::Containers => Answer::Containers(self.states()),
            Call::Remove { container } => self.remove(&container)?,
            Call::Stop => {
                self.stop(requester);
                return Ok(None);
            }
            Call::Exec(exec) => return self.exec(&exec, descriptors, requester).map(|()| None),
            Call::KillExec { exec } => self.execs.kill((requester.0, exec)).map(|()| Answer::Done)?,
            Call::Attach(attach) => return self.attach(&attach, descriptors).map(Some),
            Call::Socket { family } => return Ok(Some((Answer::Socket, Some(socket(family)?)))),
        };
        Ok(Some((answer, None)))
    }

    fn states(&self) -> Vec<ContainerState> {
        self.containers.values().map(|container| container.state.clone()).collect()
    }

    fn start(&mut self, start: Start, requester: Requester) -> Result<(), Failure> {
        self.check_not_stopping()?;
        if self.containers.contains_key(&start.container) {
            return Err(Failure::Container("it exists already".to_owned()));
        }
        let id = start.container.clone();
        let shared = self.shared(&start)?;
        let container = Container::start(start, &self.cgroups, shared, requester)?;
        self.containers.insert(id, container);
        Ok(())
    }

    fn check_not_stopping(&self) -> Result<(), Failure> {
        match self.stopping {
            Some(_) => Err(Failure::Sandbox("it is being stopped".to_owned())),
            None => Ok(()),
        }
    }

    fn exec(&mut self, exec: &Exec, streams: Vec<OwnedFd>, requester: Requester) -> Result<(), Failure> {
        self.check_not_stopping()?;
        let target = self.containers.get(&exec.container).ok_or_else(container::does_not_run)?.target()?;
        self.execs.start(exec, &target, streams, &self.cgroups, requester)
    }

    fn attach(&mut self, attach: &Attach, pipes: Vec<OwnedFd>) -> Result<(Answer, Option<OwnedFd>), Failure> {
        let container = self.containers.get_mut(&attach.container).ok_or_else(container::does_not_run)?;
        container.attach(attach.streams, pipes)
    }

    /// The PID namespace that a container joins. It is opened by whoever holds the process, before anything can end: a
    /// number that comes from elsewhere may be another's by now.
    fn shared(&self, start: &Start) -> Result<Option<Shared>, Failure> {
        let (opened, whose) = match (&start.target, &start.pid_namespace) {
            (Some(target), _) => {
                (self.containers.get(target).map(Container::namespaces), format!("the target container {target}"))
            }
            (None, Some(path)) => {
                (self.init.as_ref().map(|init| init.namespaces(path)), format!("the sandbox by {}", path.display()))
            }
            (None, None) => return Ok(None),
        };
        let failed = |why: &dyn Display| Failure::Create(format!("join the PID namespace of {whose}: {why}"));
        match opened {
            None => Err(failed(&"there is none")),
            Some(shared) => shared.map(Some).map_err(|error| failed(&error)),
        }
    }

    fn follow_start(&mut self, id: &str) {
        let Some(container) = self.containers.get_mut(id) else { return };
        if let Some((requester, answer)) = container.follow_start() {
            self.clients.answer(requester, Ok(answer));
        }
    }

    fn follow_exec(&mut self, id: Requester) {
        if let Some((answer, terminal)) = self.execs.follow(id) {
            self.clients.answer_with(id, answer, terminal);
        }
    }

    /// As with containers: a process that has ended may not have come to execute its program, or may have done so just now.
    fn reap_exec(&mut self, id: Requester) {
        self.follow_exec(id);
        match self.execs.reap(id) {
            Some(ExecEnd::Failed(failure)) => self.clients.answer(id, Err(failure)),
            Some(ExecEnd::Exited(exit_code)) => {
                self.clients.send(id.0, &Message::ExecEnded { id: id.1, exit_code }, None);
            }
            None => {}
        }
    }

    /// A container's init process has ended: before its exec, then it has failed to start; or after, then all is told.
    fn reap(&mut self, id: &str) {
        self.follow_start(id);
        let Some(container) = self.containers.get_mut(id) else { return };
        match container.reap(&self.cgroups) {
            None => return,
            Some(End::Failed(requester, failure)) => {
                self.containers.remove(id);
                self.clients.answer(requester, Err(failure));
            }
            Some(End::Exited) => self.clients.broadcast(&Message::Exited(container.state.clone())),
        }
        self.finish_stop();
    }

    fn signal(&mut self, id: &str, signal: i32) -> Result<(), Failure> {
        let container = self.containers.get_mut(id).filter(|container| container.state.status != Status::Exited);
        let container = container.ok_or_else(container::does_not_run)?;
        container.signal(signal).map_err(|error| Failure::Container(format!("cannot send signal {signal}: {error}")))
    }

    fn signal_again(&mut self) {
        let now = Instant::now();
        for container in self.containers.values_mut().filter(|one| one.next_look().is_some_and(|due| due <= now)) {
            container.signal_again(now);
        }
    }

    fn remove(&mut self, id: &str) -> Result<Answer, Failure> {
        match self.containers.get(id).map(|container| container.state.status) {
            None => return Err(Failure::Container("it does not exist".to_owned())),
            Some(Status::Created | Status::Running) => return Err(Failure::Container("it still runs".to_owned())),
            Some(Status::Exited) => {}
        }
        match self.containers.remove(id) {
            Some(container) => Ok(Answer::Removed { bundle: container.bundle, cgroup: container.state.cgroup }),
            None => Err(Failure::Container("it does not exist".to_owned())),
        }
    }

    fn stop(&mut self, requester: Requester) {
        self.stopping = Some(requester);
        for container in self.containers.values_mut().filter(|container| container.state.status != Status::Exited) {
            // It may have ended this moment; that is what we want.
            let _ = container.signal(libc::SIGKILL);
        }
        self.finish_stop();
    }

    fn finish_stop(&mut self) {
        if let Some(requester) = self.stopping
            && self.containers.values().all(|container| container.state.status == Status::Exited)
        {
            self.clients.answer(requester, Ok(Answer::Done));
        }
    }
}

/// A TCP socket of this process' network, which is the sandbox's; whoever gets it connects it.
fn socket(family: Family) -> Result<OwnedFd, Failure> {
    let family = match family {
        Family::Ipv4 => AddressFamily::INET,
        Family::Ipv6 => AddressFamily::INET6,
    };
    rustix::net::socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)
        .map_err(|error| Failure::Sandbox(format!("make a socket: {error}")))
}
