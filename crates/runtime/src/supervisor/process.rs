//! The init process of a container, as its supervisor handles it: signalled, reaped.

use super::unheeded::{Next, Unheeded, is_handled};
use crate::{
    container::Shared,
    kernel::{self, Child},
    procfs,
};
use rustix::process::{WaitId, WaitIdOptions, WaitIdStatus};
use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::PathBuf,
    time::Instant,
};

pub struct Process {
    pidfd: OwnedFd,
    /// Who made it for us, as long as that has not ended.
    builder: Option<OwnedFd>,
    /// In the machine's PID namespace.
    pub pid: u32,
    /// With a PID namespace of its own everything in it dies with it.
    own_pid_namespace: bool,
    executed: Instant,
    unheeded: Option<Unheeded>,
}

impl Process {
    /// A process that has just been forked into a PID namespace of its own, or that stays in the sandbox's.
    pub fn new(child: Child, own_pid_namespace: bool) -> Self {
        let pid = child.pid.as_raw_nonzero().get().unsigned_abs();
        Self { pidfd: child.pidfd, builder: None, pid, own_pid_namespace, executed: Instant::now(), unheeded: None }
    }

    /// A process that another one has forked into a namespace to join. A container may have sent it, so only a child of
    /// ours is believed.
    pub fn adopted(pidfd: OwnedFd) -> io::Result<Self> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        rustix::process::waitid(WaitId::PidFd(pidfd.as_fd()), options)?;
        let pid = procfs::pid_of(pidfd.as_fd())?;
        Ok(Self { pidfd, builder: None, pid, own_pid_namespace: false, executed: Instant::now(), unheeded: None })
    }

    /// Who made it, and is a child of ours as well: that one is reaped first, and nobody waits for it meanwhile.
    pub fn built_by(&mut self, builder: OwnedFd) {
        self.builder = Some(builder);
    }

    pub fn pidfd(&self) -> &OwnedFd {
        &self.pidfd
    }

    /// What becomes readable when there is somebody to reap.
    pub fn next_to_end(&self) -> &OwnedFd {
        self.builder.as_ref().unwrap_or(&self.pidfd)
    }

    /// Its PID namespace, and the mounts in which that has a procfs. Only we reap it, so its number stays its own.
    pub fn namespaces(&self) -> io::Result<Shared> {
        let open = |name| procfs::open_namespace(&PathBuf::from(format!("/proc/{}/ns/{name}", self.pid)));
        Ok(Shared { pid: open("pid")?, mounts: open("mnt")? })
    }

    pub fn has_executed(&mut self, now: Instant) {
        self.executed = now;
    }

    pub fn leaves_others_behind(&self) -> bool {
        !self.own_pid_namespace
    }

    pub fn has_ended(&self) -> bool {
        reap(self.pidfd.as_fd(), WaitIdOptions::NOWAIT).is_some()
    }

    /// How it ended; `None`: it has not, or who made it has not.
    pub fn reap(&mut self) -> Option<WaitIdStatus> {
        if let Some(builder) = &self.builder {
            reap(builder.as_fd(), WaitIdOptions::empty())?;
            self.builder = None;
        }
        reap(self.pidfd.as_fd(), WaitIdOptions::empty())
    }

    pub fn signal(&mut self, signal: i32) -> io::Result<()> {
        kernel::send_signal(self.pidfd.as_fd(), signal)?;
        // Looked at after the signal was sent: without a handler now there was none then, and nothing is sent twice.
        let now = Instant::now();
        let age = now.saturating_duration_since(self.executed);
        let dropped = self.own_pid_namespace && signal != libc::SIGKILL && !is_handled(self.pid, signal);
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
        match unheeded.next(is_handled(self.pid, signal), now) {
            Next::Wait => return,
            // It may have ended this moment; that is what is wanted.
            Next::Send => _ = kernel::send_signal(self.pidfd.as_fd(), signal),
            Next::GiveUp => {}
        }
        self.unheeded = None;
    }
}

/// How a child ended, if it has: nobody is waited for.
pub fn reap(child: BorrowedFd<'_>, options: WaitIdOptions) -> Option<WaitIdStatus> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | options;
    rustix::io::retry_on_intr(|| rustix::process::waitid(WaitId::PidFd(child), options)).ok().flatten()
}

/// As a shell would say: the exit status, or 128 plus the signal; and the signal.
pub fn exit_code(status: &WaitIdStatus) -> (Option<i32>, Option<i32>) {
    let signal = status.terminating_signal();
    (status.exit_status().or(signal.map(|signal| 128 + signal)), signal)
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use rustix::{
        event::{PollFd, PollFlags, poll},
        process::{Pid, PidfdFlags, pidfd_open},
    };
    use std::process::{ChildStdin, Command, Stdio};

    /// A child that ends when its input does.
    #[expect(clippy::zombie_processes, reason = "it is reaped by its descriptor")]
    pub fn child() -> (ChildStdin, OwnedFd) {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        (child.stdin.take().unwrap(), pidfd_open(pid, PidfdFlags::empty()).unwrap())
    }

    pub fn wait_for(descriptor: &OwnedFd) {
        poll(&mut [PollFd::new(descriptor, PollFlags::IN)], None).unwrap();
    }

    #[test]
    fn who_made_a_process_is_not_waited_for_and_ends_first() {
        let ((input, own), (of_builder, builder)) = (child(), child());
        let mut process = Process::adopted(own).unwrap();
        process.built_by(builder);
        assert!(process.reap().is_none());
        drop(input);
        wait_for(process.pidfd());
        assert!(process.has_ended());
        assert!(process.reap().is_none(), "its builder has not ended");
        drop(of_builder);
        wait_for(process.next_to_end());
        assert_eq!(exit_code(&process.reap().unwrap()), (Some(0), None));
    }
}
