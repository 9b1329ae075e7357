//! What an instance of minke has on the machine, read from the kernel and the disk: to check that nothing is left, and
//! to leave nothing.

use anyhow::{Context, Result};
use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
    mount::{UnmountFlags, unmount},
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeSet, HashSet},
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// The instance of one data folder.
pub struct Instance {
    data_dir: PathBuf,
    /// Its cgroup in every hierarchy.
    cgroups: Vec<PathBuf>,
}

/// What is on the machine for pods, by uid, and how many processes hold pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traces {
    pub folders: BTreeSet<String>,
    pub cgroups: BTreeSet<String>,
    pub supervisors: usize,
}

impl Instance {
    /// The instance with this data folder, running or not.
    pub fn of(data_dir: &Path) -> Self {
        let digest = Sha256::digest(data_dir.as_os_str().as_encoded_bytes());
        let hash = digest.iter().take(4).fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"));
        let mounts = entries(Path::new("/sys/fs/cgroup")).into_iter().chain(["/sys/fs/cgroup".into()]);
        let cgroups = mounts.map(|mount| mount.join(format!("minke-{hash}"))).collect();
        Self { data_dir: data_dir.to_path_buf(), cgroups }
    }

    /// What there is for pods.
    pub fn traces(&self) -> Traces {
        let name = |path: PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let cgroups = self.cgroups.iter().flat_map(|cgroup| tree(cgroup)).filter_map(name);
        Traces {
            folders: entries(&self.data_dir.join("pods")).into_iter().filter_map(name).collect(),
            cgroups: cgroups.filter_map(|name| name.strip_prefix("pod").map(str::to_owned)).collect(),
            supervisors: self.processes_named("minke-pod").len(),
        }
    }

    /// Whether anything of it is left in the kernel: a process, a cgroup, a mount.
    pub fn is_on_the_machine(&self) -> bool {
        self.cgroups.iter().any(|cgroup| cgroup.exists()) || !mounts_below(&self.data_dir).is_empty()
    }

    /// The process from which supervisors are forked.
    pub fn zygote(&self) -> Result<Pid> {
        self.processes_named("minke-zygote").into_iter().next().context("no zygote runs")
    }

    /// The process that holds the pod of this container.
    pub fn supervisor_of(&self, container_id: &str) -> Result<Pid> {
        let id = container_id.trim_start_matches("minke://");
        let cgroup = self.cgroups.iter().flat_map(|cgroup| tree(cgroup)).find(|path| path.ends_with(id));
        let pids = processes(&cgroup.with_context(|| format!("container {id} has no cgroup"))?);
        let parents = pids.into_iter().filter_map(parent);
        let mut supervisors = parents.filter(|parent| name_of(*parent) == "minke-pod");
        supervisors.next().with_context(|| format!("container {id} has no supervisor"))
    }

    /// Ends every process of the instance and removes what it has on the machine, without the help of the program.
    pub fn remove(&self) {
        loop {
            let all: Vec<Pid> = self.processes().collect();
            if all.is_empty() {
                break;
            }
            for pid in all {
                let _ = kill_and_wait(pid);
            }
        }
        // A process leaves its cgroup a moment after it has ended.
        for _ in 0..100 {
            let left: Vec<_> = self.cgroups.iter().flat_map(|cgroup| tree(cgroup)).collect();
            if left.iter().filter(|cgroup| fs::remove_dir(cgroup).is_err()).count() == 0 {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        for mount in mounts_below(&self.data_dir).into_iter().rev() {
            let _ = unmount(&mount, UnmountFlags::DETACH);
        }
    }

    fn processes(&self) -> impl Iterator<Item = Pid> {
        self.cgroups.iter().flat_map(|cgroup| tree(cgroup)).flat_map(|cgroup| processes(&cgroup))
    }

    fn processes_named(&self, name: &str) -> HashSet<Pid> {
        self.processes().filter(|pid| name_of(*pid) == name).collect()
    }
}

/// Kills a process and waits until it has ended; it need not be a child.
pub fn kill_and_wait(pid: Pid) -> Result<()> {
    let handle = match pidfd_open(pid, PidfdFlags::empty()) {
        Err(Errno::SRCH) => return Ok(()),
        opened => opened?,
    };
    pidfd_send_signal(&handle, Signal::KILL)?;
    poll(&mut [PollFd::new(&handle, PollFlags::IN)], None)?;
    Ok(())
}

/// Where something is mounted at or below a folder, outer mounts first.
pub fn mounts_below(folder: &Path) -> Vec<PathBuf> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let points = table.lines().filter_map(|line| line.split(' ').nth(4)).map(PathBuf::from);
    points.filter(|point| point.starts_with(folder)).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// A cgroup and all below it, the innermost first; nothing if there is none.
fn tree(cgroup: &Path) -> Vec<PathBuf> {
    let children = entries(cgroup).into_iter().filter(|path| path.is_dir());
    let mut all: Vec<_> = children.flat_map(|child| tree(&child)).collect();
    all.extend(cgroup.is_dir().then(|| cgroup.to_path_buf()));
    all
}

fn processes(cgroup: &Path) -> Vec<Pid> {
    let text = fs::read_to_string(cgroup.join("cgroup.procs")).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).filter_map(Pid::from_raw).collect()
}

fn name_of(pid: Pid) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim_end().to_owned()
}

fn parent(pid: Pid) -> Option<Pid> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    Pid::from_raw(line.trim().parse().ok()?)
}
