//! The supervisor: one small single-threaded process a sandbox. It holds the sandbox's namespaces, makes and reaps its
//! containers, writes their logs and answers whoever connects to its socket.
//!
//! Everything is an event on a descriptor: a connection, a request, a step of a container's start, output, an exit; but
//! for what is waited for in vain: a stop signal that came too early ([`unheeded`]), a process that does not start, a
//! descriptor that is not to be had. Nothing blocks but the disk.

mod attached;
mod calls;
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
    Status,
    cgroup::Cgroups,
    kernel,
    protocol::{Answer, Description, Message, Request, Supervise, VERSION},
};
use clients::Clients;
use container::{Container, End};
use execs::{ExecEnd, Execs};
use init::Init;
pub use init::cgroup as init_cgroup;
use rustix::event::{PollFd, Timespec};
use source::{Requester, Source, Waited};
use std::{collections::BTreeMap, os::fd::OwnedFd, time::Instant};

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
        supervisor.do_what_is_due(Instant::now());
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
        let looks = self.containers.values().filter_map(Container::next_look);
        let due = looks.chain(self.clients.due()).chain(self.execs.due()).min();
        let timeout = due.map(|due| due.saturating_duration_since(Instant::now()));
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        // An interrupted or failed wait reports nothing and is tried again.
        let _ = rustix::event::poll(&mut descriptors, timeout.as_ref());
        let ready: Vec<bool> = descriptors.iter().map(|descriptor| !descriptor.revents().is_empty()).collect();
        sources.into_iter().zip(ready).filter(|(_, ready)| *ready).map(|((source, ..), _)| source).collect()
    }

    fn handle(&mut self, source: &Source) {
        match source {
            Source::Listener => self.clients.accept(Instant::now()),
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

    fn do_what_is_due(&mut self, now: Instant) {
        self.clients.try_again(now);
        self.execs.give_up(now);
        for container in self.containers.values_mut().filter(|one| one.next_look().is_some_and(|due| due <= now)) {
            container.signal_again(now);
        }
    }

    fn finish_stop(&mut self) {
        if let Some(requester) = self.stopping
            && self.containers.values().all(|container| container.state.status == Status::Exited)
        {
            self.clients.answer(requester, Ok(Answer::Done));
        }
    }
}
