//! A process that is being built: what it tells, and when its program runs.

use super::{
    process::{Process, reap},
    source::{Requester, Source, Waited, readable},
};
use crate::{container::Progress, kernel, protocol::Failure, seqpacket};
use rustix::process::{WaitIdOptions, WaitIdStatus};
use std::{
    io::{self, ErrorKind},
    mem,
    os::fd::{AsFd, OwnedFd},
};

/// Descriptors that may come with news: a terminal, a process; and one that it takes to look at that process.
const ROOM: usize = 3;

pub struct Startup {
    pub requester: Requester,
    /// Until nobody can tell any more: an exec closes it, too.
    news: Option<News>,
    builder: Builder,
    /// The side of its terminal that is ours.
    terminal: Option<OwnedFd>,
    /// What the machine did not permit, known when all is built.
    ready: Option<Vec<String>>,
    failure: Option<Failure>,
}

/// Where the processes tell how it goes.
pub struct News {
    /// Does not block.
    socket: OwnedFd,
    /// Held in place of what is to come: when there is no room for it, a process runs that nobody can kill or reap.
    room: Vec<OwnedFd>,
}

/// Who builds it.
pub enum Builder {
    /// The process itself; or nobody any more, when somebody outside has made it.
    Init(Process),
    /// A process outside of the PID namespace to join; the one inside is still to come.
    Outside(OwnedFd),
}

/// How far a start is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Waiting,
    Executed,
    /// The end of the process is still to come.
    Failed,
}

/// A process that has executed its program.
pub struct Started {
    pub process: Process,
    /// The side of its terminal that is ours; it does not block.
    pub terminal: Option<OwnedFd>,
    /// What the machine did not permit.
    pub warnings: Vec<String>,
}

impl News {
    /// To be made before the processes are. Returns their end, too.
    pub fn open() -> io::Result<(Self, OwnedFd)> {
        let (socket, theirs) = seqpacket::pair()?;
        rustix::io::ioctl_fionbio(&socket, true)?;
        let room = (0..ROOM).map(|_| socket.try_clone()).collect::<io::Result<_>>()?;
        Ok((Self { socket, room }, theirs))
    }

    fn receive(&mut self) -> io::Result<Option<(Vec<u8>, Option<OwnedFd>)>> {
        let had_room = self.room.pop().is_some();
        let received = seqpacket::receive(self.socket.as_fd())
            .map(|received| received.map(|(message, descriptors)| (message, descriptors.into_iter().next())));
        if had_room && !matches!(received, Ok(Some((_, Some(_))))) {
            // There is room for it: it was left just now.
            self.room.extend(self.socket.try_clone());
        }
        received
    }
}

impl Startup {
    pub fn new(requester: Requester, news: News, builder: Builder) -> Self {
        Self { requester, news: Some(news), builder, terminal: None, ready: None, failure: None }
    }

    /// What is waited for: news of it, and its end.
    pub fn sources(&self, news: Source, end: Source) -> impl Iterator<Item = Waited<'_>> {
        let process = match &self.builder {
            Builder::Init(process) => process.next_to_end(),
            Builder::Outside(builder) => builder,
        };
        let progress = self.news.iter().map(move |from| readable(news.clone(), &from.socket));
        progress.chain([readable(end, process)])
    }

    /// Reads how it goes.
    pub fn follow(&mut self) -> Step {
        let mut is_over = false;
        while let Some(news) = &mut self.news {
            match news.receive() {
                Ok(Some((message, descriptor))) => self.note(&message, descriptor),
                // What was said before the end is still to be read.
                Err(error) if error.kind() == ErrorKind::WouldBlock && !is_over => {
                    is_over = self.has_ended();
                    if !is_over {
                        return Step::Waiting;
                    }
                }
                Ok(None) | Err(_) => self.news = None,
            }
        }
        let is_there = matches!(self.builder, Builder::Init(_));
        match self.failure {
            None if is_there && self.ready.is_some() => Step::Executed,
            None => self.fail("its process ended while it was being built"),
            Some(_) => Step::Failed,
        }
    }

    /// Whether the process has ended already; then all has been said, also by who made it.
    fn has_ended(&self) -> bool {
        matches!(&self.builder, Builder::Init(process) if process.has_ended())
    }

    fn fail(&mut self, why: &str) -> Step {
        self.failure = Some(Failure::Create(why.to_owned()));
        Step::Failed
    }

    fn note(&mut self, message: &[u8], descriptor: Option<OwnedFd>) {
        match (serde_json::from_slice(message), descriptor) {
            (Ok(Progress::Ready { warnings }), descriptor) => self.be_ready(warnings, descriptor),
            (Ok(Progress::Failed(failure)), _) => self.failure = Some(failure),
            (Ok(Progress::Terminal), Some(master)) => match rustix::io::ioctl_fionbio(&master, true) {
                Ok(()) => self.terminal = Some(master),
                Err(error) => _ = self.fail(&format!("take over its terminal: {error}")),
            },
            (Ok(Progress::Terminal), None) => _ = self.fail("its terminal did not arrive"),
            (Ok(Progress::Executing), _) => {}
            (Err(error), _) => _ = self.fail(&error.to_string()),
        }
    }

    fn be_ready(&mut self, warnings: Vec<String>, descriptor: Option<OwnedFd>) {
        self.ready = Some(warnings);
        if let Builder::Init(_) = self.builder {
            return;
        }
        // Nothing else is to come.
        if let Some(news) = &mut self.news {
            news.room.clear();
        }
        match descriptor.map(Process::adopted) {
            Some(Ok(process)) => self.adopt(process),
            Some(Err(error)) => _ = self.fail(&format!("take over its process: {error}")),
            None => _ = self.fail("its process did not arrive"),
        }
    }

    /// Who made the process has done all it was there for. It is killed, as the container may keep it from ending.
    fn adopt(&mut self, process: Process) {
        if let Builder::Outside(builder) = mem::replace(&mut self.builder, Builder::Init(process))
            && let Builder::Init(process) = &mut self.builder
        {
            // It may have ended.
            let _ = kernel::send_signal(builder.as_fd(), libc::SIGKILL);
            process.built_by(builder);
        }
    }

    /// The process that executed the program, if one did.
    pub fn finish(self) -> Option<Started> {
        let Builder::Init(process) = self.builder else { return None };
        Some(Started { process, terminal: self.terminal, warnings: self.ready.unwrap_or_default() })
    }

    /// How the process ended that did not come to execute the program; `None`: it has not.
    pub fn reap(&mut self) -> Option<WaitIdStatus> {
        match &mut self.builder {
            Builder::Init(process) => process.reap(),
            Builder::Outside(builder) => reap(builder.as_fd(), WaitIdOptions::empty()),
        }
    }

    pub fn leaves_others_behind(&self) -> bool {
        match &self.builder {
            Builder::Init(process) => process.leaves_others_behind(),
            Builder::Outside(_) => true,
        }
    }

    pub fn signal(&mut self, signal: i32) -> io::Result<()> {
        match &mut self.builder {
            Builder::Init(process) => process.signal(signal),
            Builder::Outside(builder) => kernel::send_signal(builder.as_fd(), signal),
        }
    }

    /// Ends it, as it takes too long.
    pub fn give_up(&mut self) {
        self.failure.get_or_insert_with(|| Failure::Create("it did not start in time".to_owned()));
        // It may have ended this moment.
        let _ = self.signal(libc::SIGKILL);
    }

    /// Why the start failed.
    pub fn into_failure(self) -> Failure {
        self.failure.unwrap_or_else(|| Failure::Create("its process ended while it was being built".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_what_is_still_to_come() {
        let (mut news, theirs) = News::open().unwrap();
        for (descriptors, left) in [(&[][..], ROOM), (&[theirs.as_fd()], ROOM - 1), (&[], ROOM - 1)] {
            seqpacket::send(theirs.as_fd(), b"news", descriptors).unwrap();
            let (_, descriptor) = news.receive().unwrap().unwrap();
            assert_eq!(descriptor.is_some(), !descriptors.is_empty());
            assert_eq!(news.room.len(), left);
        }
        assert_eq!(news.receive().unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(news.room.len(), ROOM - 1);
    }
}
