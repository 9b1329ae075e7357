//! A process that is being built: what it tells, and when its program runs.

use super::{
    process::{Process, reap},
    source::{Requester, Source, Waited, readable},
};
use crate::{
    container::Progress,
    kernel::{self, Child},
    protocol::Failure,
    seqpacket,
};
use rustix::process::{WaitIdOptions, WaitIdStatus};
use std::{
    io::{self, ErrorKind},
    os::fd::{AsFd, OwnedFd},
};

pub struct Startup {
    pub requester: Requester,
    /// Where the processes tell how it goes, until nobody can any more: an exec closes it, too.
    progress: Option<OwnedFd>,
    builder: Builder,
    /// The side of its terminal that is ours.
    terminal: Option<OwnedFd>,
    /// What the machine did not permit, known when all is built.
    ready: Option<Vec<String>>,
    failure: Option<Failure>,
}

/// Who builds it.
pub enum Builder {
    /// The process itself.
    Init(Process),
    /// A process outside of the PID namespace to join, and the one inside, once it is there.
    Outside { builder: OwnedFd, init: Option<Process> },
}

impl Builder {
    pub fn outside(child: Child) -> Self {
        Self::Outside { builder: child.pidfd, init: None }
    }
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

impl Startup {
    /// `progress` is where the processes tell how it goes; it does not block from now on.
    pub fn new(requester: Requester, progress: OwnedFd, builder: Builder) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&progress, true)?;
        Ok(Self { requester, progress: Some(progress), builder, terminal: None, ready: None, failure: None })
    }

    /// What is waited for: news of it, and its end.
    pub fn sources(&self, news: Source, end: Source) -> impl Iterator<Item = Waited<'_>> {
        let process = match &self.builder {
            Builder::Init(process) | Builder::Outside { init: Some(process), .. } => process.pidfd(),
            Builder::Outside { builder, init: None } => builder,
        };
        let progress = self.progress.iter().map(move |descriptor| readable(news.clone(), descriptor));
        progress.chain([readable(end, process)])
    }

    /// Reads how it goes.
    pub fn follow(&mut self) -> Step {
        let mut is_over = false;
        while let Some(progress) = &self.progress {
            match seqpacket::receive(progress.as_fd()) {
                Ok(Some((message, descriptors))) => self.note(&message, descriptors.into_iter().next()),
                // What was said before the end is still to be read.
                Err(error) if error.kind() == ErrorKind::WouldBlock && !is_over => {
                    is_over = self.wait_for_builder();
                    if !is_over {
                        return Step::Waiting;
                    }
                }
                Ok(None) | Err(_) => self.progress = None,
            }
        }
        let is_there = !matches!(self.builder, Builder::Outside { init: None, .. });
        match self.failure {
            None if is_there && self.ready.is_some() => Step::Executed,
            None => self.fail("its process ended while it was being built"),
            Some(_) => Step::Failed,
        }
    }

    /// Whether the process inside has ended already; then the one that made it is about to.
    fn wait_for_builder(&self) -> bool {
        match &self.builder {
            Builder::Outside { builder, init: Some(process) } if process.has_ended() => {
                reap(builder.as_fd(), WaitIdOptions::empty());
                true
            }
            _ => false,
        }
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
        let Builder::Outside { init, .. } = &mut self.builder else { return };
        match descriptor.map(Process::adopted) {
            Some(Ok(process)) => *init = Some(process),
            Some(Err(error)) => _ = self.fail(&format!("take over its process: {error}")),
            None => _ = self.fail("its process did not arrive"),
        }
    }

    /// The process that executed the program, if one did.
    pub fn finish(self) -> Option<Started> {
        let process = match self.builder {
            Builder::Init(process) => process,
            Builder::Outside { builder, init } => {
                // It has said all it had to say, and ends this moment.
                reap(builder.as_fd(), WaitIdOptions::empty());
                init?
            }
        };
        Some(Started { process, terminal: self.terminal, warnings: self.ready.unwrap_or_default() })
    }

    /// How the process ended that did not come to execute the program; `None`: it has not.
    pub fn reap(&self) -> Option<WaitIdStatus> {
        match &self.builder {
            Builder::Init(process) => process.reap(),
            Builder::Outside { builder, init: None } => reap(builder.as_fd(), WaitIdOptions::NOHANG),
            Builder::Outside { builder, init: Some(process) } => {
                let status = process.reap()?;
                reap(builder.as_fd(), WaitIdOptions::empty());
                Some(status)
            }
        }
    }

    pub fn leaves_others_behind(&self) -> bool {
        match &self.builder {
            Builder::Init(process) => process.leaves_others_behind(),
            Builder::Outside { .. } => true,
        }
    }

    pub fn signal(&mut self, signal: i32) -> io::Result<()> {
        match &mut self.builder {
            Builder::Init(process) | Builder::Outside { init: Some(process), .. } => process.signal(signal),
            Builder::Outside { builder, init: None } => kernel::send_signal(builder.as_fd(), signal),
        }
    }

    /// Why the start failed.
    pub fn into_failure(self) -> Failure {
        self.failure.unwrap_or_else(|| Failure::Create("its process ended while it was being built".to_owned()))
    }
}
