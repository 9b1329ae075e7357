//! Ends every process of a cgroup.

use super::{Cgroups, failure};
use crate::{Error, Result};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::retry_on_intr,
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};
use std::{
    fs, io,
    os::fd::OwnedFd,
    path::Path,
    time::{Duration, Instant},
};

/// How long killed processes may take to end. They do so at once unless a device keeps them.
const PATIENCE: Duration = Duration::from_secs(10);

impl Cgroups {
    /// Kills all processes in the cgroup and those below it, also those that are being forked, and returns when they are
    /// gone. Blocks for at most ten seconds.
    pub fn kill(&self, cgroup: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        for round in 0.. {
            let processes = self.open_processes(cgroup)?;
            if processes.is_empty() {
                return Ok(());
            }
            if Instant::now() > deadline {
                let pids = processes.into_iter().map(|(pid, _)| pid.as_raw_nonzero().get()).collect();
                return Err(Error::Unkillable { cgroup: cgroup.to_owned(), pids });
            }
            // A few rounds without an end: somebody forks faster than we kill.
            let frozen = round > 2 && self.freeze(cgroup, true).is_ok();
            self.kill_now(cgroup)?;
            if frozen {
                self.freeze(cgroup, false).map_err(|error| failure(cgroup, "thaw it", error))?;
            }
            wait_for_all(&processes, deadline).map_err(|error| failure(cgroup, "wait for its processes", error))?;
        }
        Ok(())
    }

    /// Sends SIGKILL to all processes in the cgroup and those below it, without waiting for their end.
    pub fn kill_now(&self, cgroup: &str) -> Result<()> {
        if let Self::V2(_) = self
            && let Some(directory) = self.directory("", cgroup)
            && fs::write(directory.join("cgroup.kill"), "1").is_ok()
        {
            return Ok(());
        }
        for (_, pidfd) in self.open_processes(cgroup)? {
            // It may have ended meanwhile, which is what we want.
            let _ = pidfd_send_signal(&pidfd, Signal::KILL);
        }
        Ok(())
    }

    /// The processes with descriptors that stand for them; those that end meanwhile are left out.
    fn open_processes(&self, cgroup: &str) -> Result<Vec<(Pid, OwnedFd)>> {
        let Some(directory) = self.directories(cgroup).into_iter().next() else { return Ok(Vec::new()) };
        let read = || {
            let mut pids = Vec::new();
            read_processes(&directory, &mut pids).map(|()| pids)
        };
        let pids = read().map_err(|error| failure(cgroup, "list its processes", error))?;
        let opened: Vec<(Pid, OwnedFd)> =
            pids.into_iter().filter_map(|pid| Some((pid, pidfd_open(pid, PidfdFlags::empty()).ok()?))).collect();
        if opened.is_empty() {
            return Ok(opened);
        }
        // A number that is still listed after it was opened has not been given to somebody else.
        let still = read().map_err(|error| failure(cgroup, "list its processes", error))?;
        Ok(opened.into_iter().filter(|(pid, _)| still.contains(pid)).collect())
    }

    fn freeze(&self, cgroup: &str, freeze: bool) -> io::Result<()> {
        let Some(directory) = self.directory("freezer", cgroup) else { return Err(io::ErrorKind::NotFound.into()) };
        match self {
            Self::V1(_) => fs::write(directory.join("freezer.state"), if freeze { "FROZEN" } else { "THAWED" }),
            Self::V2(_) => fs::write(directory.join("cgroup.freeze"), if freeze { "1" } else { "0" }),
        }
    }
}

fn read_processes(directory: &Path, pids: &mut Vec<Pid>) -> io::Result<()> {
    let gone =
        |error: &io::Error| error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ENODEV);
    match fs::read_to_string(directory.join("cgroup.procs")) {
        Err(error) if gone(&error) => return Ok(()),
        list => pids.extend(list?.lines().filter_map(|line| Pid::from_raw(line.parse().ok()?))),
    }
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            read_processes(&entry.path(), pids)?;
        }
    }
    Ok(())
}

fn wait_for_all(processes: &[(Pid, OwnedFd)], deadline: Instant) -> io::Result<()> {
    for (_, pidfd) in processes {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
        retry_on_intr(|| poll(&mut [PollFd::new(pidfd, PollFlags::IN)], Some(&timeout)))?;
    }
    Ok(())
}
