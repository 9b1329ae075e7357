//! The supervisor: one small single-threaded process a sandbox. It holds the sandbox's namespaces, makes and reaps its
//! containers, writes their logs and answers whoever connects to its socket.
//!
//! Everything is an event on a descriptor: a connection, a request, a step of a container's start, output, an exit; but
//! for a stop signal that came too early ([`unheeded`]). Nothing blocks but the disk.

mod clients;
mod container;
mod init;
mod log;
mod process;
mod setup;
mod source;
mod startup;
mod streams;
mod unheeded;

use crate::{
    ContainerState, Status,
    cgroup::Cgroups,
    container::Shared,
    kernel,
    protocol::{Answer, Call, Description, Failure, Message, Request, Start, Supervise},
};
use clients::Clients;
use container::{Container, End};
use init::Init;
pub use init::cgroup as init_cgroup;
use rustix::event::{PollFd, Timespec};
use source::{ClientId, Source, Waited};
use std::{collections::BTreeMap, fmt::Display, os::fd::OwnedFd, time::Instant};

struct Supervisor {
    description: Description,
    cgroups: Cgroups,
    /// Process 1 of the containers' PID namespace, if they share one.
    init: Option<Init>,
    clients: Clients,
    containers: BTreeMap<String, Container>,
    /// Why the sandbox could not be set up; whoever asks is told, and then the process ends.
    broken: Option<String>,
    /// Who waits for the end.
    stopping: Option<(ClientId, u64)>,
}

/// Sets the sandbox up and supervises it. The calling process was forked for nothing else.
pub fn run(order: Supervise, listener: OwnedFd, cgroups: Cgroups) -> ! {
    let (init, broken) = match setup::set_up(&order, &cgroups) {
        Ok(init) => (init, None),
        Err(message) => (None, Some(message)),
    };
    let description = Description {
        sandbox: order.sandbox,
        pid: rustix::process::getpid().as_raw_nonzero().get().unsigned_abs(),
        pid_namespace: init.as_ref().map(|init| init.process.pid.as_raw_nonzero().get().unsigned_abs()),
        cgroup: order.cgroup,
    };
    let mut supervisor = Supervisor {
        description,
        cgroups,
        init,
        clients: Clients::new(listener),
        containers: BTreeMap::new(),
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
        let sources: Vec<Waited<'_>> = self.clients.sources().into_iter().chain(containers).collect();
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
                for request in self.clients.read(*client) {
                    self.answer(*client, request);
                }
            }
            Source::Progress(id) => self.follow_start(id),
            Source::Output(id, stream) => {
                if let Some(container) = self.containers.get_mut(id) {
                    container.pump(*stream);
                }
            }
            Source::Exit(id) => self.reap(id),
        }
    }

    fn answer(&mut self, client: ClientId, Request { id, call }: Request) {
        let answer = match (&self.broken, call) {
            (Some(message), _) => Err(Failure::Sandbox(message.clone())),
            (None, Call::Describe) => Ok(Answer::Sandbox(self.description.clone())),
            (None, Call::Start(start)) => match self.start(*start, (client, id)) {
                // The answer follows when the program runs, or does not.
                Ok(()) => return,
                Err(failure) => Err(failure),
            },
            (None, Call::Signal { container, signal }) => self.signal(&container, signal).map(|()| Answer::Done),
            (None, Call::Containers) => Ok(Answer::Containers(self.states())),
            (None, Call::Remove { container }) => self.remove(&container),
            (None, Call::Stop) => {
                self.stop((client, id));
                return;
            }
        };
        self.clients.send(client, &Message::Answer { id, answer });
    }

    fn states(&self) -> Vec<ContainerState> {
        self.containers.values().map(|container| container.state.clone()).collect()
    }

    fn start(&mut self, start: Start, requester: (ClientId, u64)) -> Result<(), Failure> {
        if self.stopping.is_some() {
            return Err(Failure::Sandbox("it is being stopped".to_owned()));
        }
        if self.containers.contains_key(&start.container) {
            return Err(Failure::Container("it exists already".to_owned()));
        }
        let id = start.container.clone();
        let shared = self.shared(&start)?;
        let container = Container::start(start, &self.cgroups, shared, requester)?;
        self.containers.insert(id, container);
        Ok(())
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
        let container = container.ok_or_else(|| Failure::Container("it does not run".to_owned()))?;
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

    fn stop(&mut self, requester: (ClientId, u64)) {
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
