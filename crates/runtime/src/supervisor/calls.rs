//! What clients ask of a supervisor: one function a call.

use super::{
    Supervisor,
    container::{self, Container},
    source::Requester,
};
use crate::{
    ContainerState, StandardStreams, Status,
    container::Shared,
    protocol::{Answer, Attach, Call, Exec, Failure, Family, Start},
};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use std::{fmt::Display, os::fd::OwnedFd};

/// How many pipes may lead to those who are attached, two each at most: a supervisor has 1024 descriptors.
const MOST_ATTACHED: usize = 256;

impl Supervisor {
    /// Answers now, or when what is asked for is done. `descriptors` came along.
    pub(super) fn answer(&mut self, requester: Requester, call: Call, descriptors: Vec<OwnedFd>) {
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
        let StandardStreams { stdin, stdout, stderr } = exec.streams;
        check_complete(&streams, [stdin, stdout, stderr].map(|wanted| wanted && !exec.terminal))
            .map_err(Failure::Exec)?;
        let target = self.containers.get(&exec.container).ok_or_else(container::does_not_run)?.target()?;
        self.execs.start(exec, &target, streams, &self.cgroups, requester)
    }

    fn attach(&mut self, attach: &Attach, pipes: Vec<OwnedFd>) -> Result<(Answer, Option<OwnedFd>), Failure> {
        check_complete(&pipes, [attach.streams.stdout, attach.streams.stderr]).map_err(Failure::Container)?;
        if self.containers.values().map(Container::attached).sum::<usize>() + pipes.len() > MOST_ATTACHED {
            return Err(Failure::Container("too many are attached to the pod's containers already".to_owned()));
        }
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

    fn signal(&mut self, id: &str, signal: i32) -> Result<(), Failure> {
        let container = self.containers.get_mut(id).filter(|container| container.state.status != Status::Exited);
        let container = container.ok_or_else(container::does_not_run)?;
        container.signal(signal).map_err(|error| Failure::Container(format!("cannot send signal {signal}: {error}")))
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
}

/// Descriptors that came when there was no room for them are not there.
fn check_complete<const N: usize>(came: &[OwnedFd], wanted: [bool; N]) -> Result<(), String> {
    let wanted = wanted.into_iter().filter(|wanted| *wanted).count();
    if came.len() == wanted {
        return Ok(());
    }
    Err(format!("{} of its {wanted} streams arrived: the supervisor has too many open files", came.len()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn as_many_streams_come_as_are_wanted() {
        let come = |number| (0..number).map(|_| File::open("/dev/null").unwrap().into()).collect::<Vec<OwnedFd>>();
        for (number, wanted, is_complete) in [
            (0, [false, false], true),
            (1, [false, true], true),
            (2, [true, true], true),
            (1, [true, true], false),
            (0, [true, false], false),
            (1, [false, false], false),
        ] {
            assert_eq!(check_complete(&come(number), wanted).is_ok(), is_complete, "{number} {wanted:?}");
        }
    }
}
