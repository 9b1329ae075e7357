//! One container as its supervisor handles it: started, listened to, reaped.

use super::{
    Source,
    clients::ClientId,
    log::{Lines, Log, Stream},
    readable,
    unheeded::{Next, Unheeded, is_handled},
};
use crate::{
    ContainerState, Status,
    cgroup::Cgroups,
    container::{self, Progress},
    error::OOM_KILLED,
    kernel::{self, Child},
    protocol::{Answer, Failure, Start},
    seqpacket,
};
use jiff::Timestamp;
use rustix::{
    event::PollFlags,
    fs::{Mode, OFlags},
    process::{WaitId, WaitIdOptions},
    thread::LinkNameSpaceType,
};
use std::{
    io::{self, ErrorKind},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::PathBuf,
    time::{Duration, Instant},
};

/// Bytes read from a container's output at once, and how many times in a row before others have their turn.
const CHUNK: usize = 16 * 1024;
const CHUNKS: usize = 16;

struct Output {
    descriptor: OwnedFd,
    lines: Lines,
}

pub struct Container {
    pub state: ContainerState,
    pub bundle: PathBuf,
    /// Who asked for it, and under which number.
    pub requester: (ClientId, u64),
    /// The init process, until it has been reaped.
    init: Option<OwnedFd>,
    own_pid_namespace: bool,
    /// When its program was executed.
    executed: Option<Instant>,
    unheeded: Option<Unheeded>,
    /// Where the process tells how its start goes; closed by its exec.
    progress: Option<OwnedFd>,
    /// What the machine did not permit, known when all is built.
    ready: Option<Vec<String>>,
    failure: Option<Failure>,
    outputs: Vec<Option<Output>>,
    /// The other end of standard input, which must not be closed while the container may read.
    _stdin: Option<OwnedFd>,
    log: Log,
}

impl Container {
    /// Forks the container's process. How it goes on comes as events.
    pub fn start(start: Start, cgroups: &Cgroups, requester: (ClientId, u64)) -> Result<Self, Failure> {
        let created_at = Timestamp::now();
        let log = Log::open(start.log.clone(), start.log_max_size, start.log_max_files)
            .map_err(|error| Failure::Create(format!("open the log {}: {error}", start.log.display())))?;
        let ours = |what: &'static str| move |error: io::Error| Failure::Create(format!("{what}: {error}"));
        let (progress, status) = seqpacket::pair().map_err(ours("make a socket"))?;
        let (stdin, their_stdin) = input(start.stdin).map_err(ours("make standard input"))?;
        let (stdout, their_stdout) = output().map_err(ours("make a pipe"))?;
        let (stderr, their_stderr) = output().map_err(ours("make a pipe"))?;
        let cgroup = cgroups.birthplace(&start.cgroup).map_err(|error| Failure::Create(error.to_string()))?;

        let child = fork(&start, cgroup.as_ref()).map_err(|error| match error.kind() {
            ErrorKind::OutOfMemory => Failure::Start(OOM_KILLED.to_owned()),
            _ => ours("clone")(error),
        })?;
        let Some(Child { pid, pidfd }) = child else {
            let streams = [their_stdin, their_stdout, their_stderr];
            container::run(&start, cgroups, &streams, &status);
        };
        rustix::io::ioctl_fionbio(&progress, true).map_err(|error| ours("make a socket")(error.into()))?;
        let outputs = [(stdout, Stream::Stdout), (stderr, Stream::Stderr)]
            .map(|(descriptor, stream)| Some(Output { descriptor, lines: Lines::new(stream) }));
        Ok(Self {
            state: ContainerState {
                id: start.container,
                pid: pid.as_raw_nonzero().get().unsigned_abs(),
                status: Status::Created,
                created_at,
                started_at: None,
                finished_at: None,
                exit_code: None,
                signal: None,
                oom_killed: false,
                cgroup: start.cgroup,
            },
            bundle: start.bundle,
            requester,
            init: Some(pidfd),
            own_pid_namespace: start.namespaces & libc::CLONE_NEWPID != 0,
            executed: None,
            unheeded: None,
            progress: Some(progress),
            ready: None,
            failure: None,
            outputs: outputs.into(),
            _stdin: stdin,
            log,
        })
    }

    pub fn add_sources<'a>(&'a self, id: &str, sources: &mut Vec<(Source, BorrowedFd<'a>, PollFlags)>) {
        sources.extend(self.progress.iter().map(|progress| readable(Source::Progress(id.to_owned()), progress)));
        for (number, output) in self.outputs.iter().enumerate() {
            sources.extend(
                output.iter().map(|output| readable(Source::Output(id.to_owned(), number), &output.descriptor)),
            );
        }
        sources.extend(self.init.iter().map(|init| readable(Source::Exit(id.to_owned()), init)));
    }

    /// Reads how the start goes. Returns the answer when the program has been executed.
    pub fn follow_start(&mut self) -> Option<Answer> {
        while let Some(progress) = &self.progress {
            match seqpacket::receive(progress.as_fd()) {
                Ok(Some((message, descriptor))) => self.note(&message, descriptor),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                Ok(None) | Err(_) => self.progress = None,
            }
            if self.progress.is_none() && self.failure.is_none() {
                let Some(warnings) = self.ready.take() else {
                    self.failure = Some(Failure::Create("its process ended while it was being built".to_owned()));
                    return None;
                };
                let started_at = Timestamp::now();
                self.executed = Some(Instant::now());
                (self.state.status, self.state.started_at) = (Status::Running, Some(started_at));
                return Some(Answer::Started { pid: self.state.pid, started_at, warnings });
            }
        }
        None
    }

    fn note(&mut self, message: &[u8], descriptor: Option<OwnedFd>) {
        match (serde_json::from_slice(message), descriptor) {
            (Ok(Progress::Ready { warnings }), _) => self.ready = Some(warnings),
            (Ok(Progress::Failed(failure)), _) => self.failure = Some(failure),
            (Ok(Progress::Terminal), Some(descriptor)) => {
                // The terminal is standard output and error in one.
                let _ = rustix::io::ioctl_fionbio(&descriptor, true);
                self.outputs = vec![Some(Output { descriptor, lines: Lines::new(Stream::Stdout) })];
            }
            (Ok(Progress::Terminal), None) => {
                self.failure = Some(Failure::Create("its terminal did not arrive".to_owned()));
            }
            (Err(error), _) => self.failure = Some(Failure::Create(error.to_string())),
        }
    }

    /// Copies output to the log, as much as is there, within reason.
    pub fn pump(&mut self, number: usize) {
        for _ in 0..CHUNKS {
            if !self.pump_chunk(number) {
                return;
            }
        }
    }

    /// Whether there may be more.
    fn pump_chunk(&mut self, number: usize) -> bool {
        let Some(slot) = self.outputs.get_mut(number) else { return false };
        let Some(output) = slot else { return false };
        let mut chunk = [0; CHUNK];
        let mut formatted = Vec::new();
        let now = Timestamp::now();
        let more = match rustix::io::read(&output.descriptor, &mut chunk) {
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => return false,
            Ok(length) if length > 0 => {
                output.lines.format(now, chunk.get(..length).unwrap_or_default(), &mut formatted);
                true
            }
            // The end; a terminal says EIO when nobody has it open any more.
            Ok(_) | Err(_) => {
                output.lines.finish(now, &mut formatted);
                *slot = None;
                false
            }
        };
        self.log.write(&formatted, now);
        more
    }

    /// Takes note of the end of the init process: what it left in its pipes, how it ended. `false`: it has not.
    pub fn reap(&mut self, cgroups: &Cgroups) -> bool {
        let Some(init) = &self.init else { return false };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        let Ok(Some(status)) = rustix::process::waitid(WaitId::PidFd(init.as_fd()), options) else { return false };
        (self.init, self.unheeded) = (None, None);
        if !self.own_pid_namespace {
            // With a PID namespace of its own everything has died with the init process; here it has not.
            let _ = cgroups.kill_now(&self.state.cgroup);
        }
        for number in 0..self.outputs.len() {
            while self.pump_chunk(number) {}
        }
        self.state.signal = status.terminating_signal();
        self.state.exit_code = status.exit_status().or(self.state.signal.map(|signal| 128 + signal));
        self.state.oom_killed = cgroups.oom_kills(&self.state.cgroup) > 0;
        (self.state.status, self.state.finished_at) = (Status::Exited, Some(Timestamp::now()));
        true
    }

    /// Why the start failed. Whatever went wrong in a process that was killed for want of memory, that is why.
    pub fn take_failure(&mut self) -> Option<Failure> {
        let failure = self.failure.take()?;
        Some(if self.state.oom_killed { Failure::Start(OOM_KILLED.to_owned()) } else { failure })
    }

    pub fn signal(&mut self, signal: i32) -> io::Result<()> {
        self.send(signal)?;
        // Looked at after the signal was sent: without a handler now there was none then, and nothing is sent twice.
        let now = Instant::now();
        let age = self.executed.map_or(Duration::ZERO, |executed| now - executed);
        let dropped = self.own_pid_namespace && signal != libc::SIGKILL && !is_handled(self.state.pid, signal);
        self.unheeded = if dropped { Unheeded::new(signal, age, now) } else { None };
        Ok(())
    }

    /// When to see again whether a signal that was dropped can be taken.
    pub fn next_look(&self) -> Option<Instant> {
        self.unheeded.as_ref().map(|unheeded| unheeded.due)
    }

    pub fn signal_again(&mut self, now: Instant) {
        let Some(unheeded) = &mut self.unheeded else { return };
        let signal = unheeded.signal;
        match unheeded.next(is_handled(self.state.pid, signal), now) {
            Next::Wait => return,
            // It may have ended this moment; that is what is wanted.
            Next::Send => _ = self.send(signal),
            Next::GiveUp => {}
        }
        self.unheeded = None;
    }

    fn send(&self, signal: i32) -> io::Result<()> {
        match &self.init {
            Some(init) => kernel::send_signal(init.as_fd(), signal),
            None => Err(io::Error::from_raw_os_error(libc::ESRCH)),
        }
    }
}

/// Clones this process into the container's new namespaces. To be born in another PID namespace, one joins it, clones
/// and comes back.
fn fork(start: &Start, cgroup: Option<&OwnedFd>) -> io::Result<Option<Child>> {
    let clone = || kernel::clone3(start.namespaces, cgroup.map(AsFd::as_fd));
    let Some(path) = &start.pid_namespace else { return clone() };
    let open = |path: &std::path::Path| rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    let (theirs, ours) = (open(path)?, open("/proc/self/ns/pid".as_ref())?);
    let enter = |namespace: &OwnedFd| {
        rustix::thread::move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::ProcessID))
    };
    enter(&theirs)?;
    let child = clone();
    if !matches!(child, Ok(None)) {
        enter(&ours)?;
    }
    child
}

/// Our end, if there is anything to hold open, and the container's.
fn input(open: bool) -> io::Result<(Option<OwnedFd>, OwnedFd)> {
    if !open {
        return Ok((None, rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?));
    }
    let (theirs, ours) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    Ok((Some(ours), theirs))
}

/// Our end, which does not block, and the container's, which does.
fn output() -> io::Result<(OwnedFd, OwnedFd)> {
    let (ours, theirs) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&ours, true)?;
    Ok((ours, theirs))
}
