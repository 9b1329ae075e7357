//! Turns a freshly cloned process into a container, as the OCI runtime specification in its bundle says.
//!
//! Everything here runs in the child of a supervisor, between `clone3` and `execve`. It talks to the supervisor through
//! one socket that the exec closes: no more messages then means that the program runs.

mod console;
mod credentials;
mod devices;
mod execute;
mod masks;
mod mount_options;
mod mounts;
mod namespaces;
mod root;
mod unsupported;

use crate::{
    cgroup::Cgroups,
    kernel, procfs,
    protocol::{Failure, Start},
    seccomp::Filter,
    seqpacket, sysctl,
};
use oci_spec::runtime::{Process, Spec};
use rustix::{
    fs::{FileType, Mode, Uid},
    thread::UnshareFlags,
};
use serde::{Deserialize, Serialize};
use std::{
    convert::Infallible,
    fmt::Display,
    fs,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

pub use namespaces::clone_flags;
pub use unsupported::find as find_unsupported;

type Result<T> = std::result::Result<T, Failure>;

/// What the child tells the supervisor on the way.
#[derive(Debug, Serialize, Deserialize)]
pub enum Progress {
    /// The container has a terminal, whose other side comes along as a descriptor.
    Terminal,
    /// All is built; the next step is the exec. Says what this machine did not permit.
    Ready {
        warnings: Vec<String>,
    },
    Failed(Failure),
}

/// Standard input, output and error of a container.
pub type Streams = [OwnedFd; 3];

/// Builds the container around the calling process and executes its program.
pub fn run(start: &Start, cgroups: &Cgroups, streams: &Streams, status: &OwnedFd) -> ! {
    let failure = match build(start, cgroups, streams, status.as_fd()) {
        Ok(never) => match never {},
        Err(failure) => failure,
    };
    // The supervisor may be gone, and then nobody minds.
    let _ = report(status.as_fd(), &Progress::Failed(failure), None);
    kernel::exit(1)
}

fn build(start: &Start, cgroups: &Cgroups, streams: &Streams, status: BorrowedFd<'_>) -> Result<Infallible> {
    kernel::reset_signals();
    rustix::process::umask(Mode::empty());
    rustix::process::setsid().explain(|| "new session".to_owned())?;
    kernel::new_session_keyring().explain(|| "new session keyring".to_owned())?;
    if matches!(cgroups, Cgroups::V1(_)) {
        cgroups.join(&start.cgroup).explain(|| "join the cgroup".to_owned())?;
    }

    let spec: Spec = read_json(&start.specification())?;
    let process = spec.process().as_ref().ok_or_else(|| Failure::Create("the specification has no process".into()))?;
    let linux = spec.linux().clone().unwrap_or_default();
    let filter: Option<Filter> = linux.seccomp().is_some().then(|| read_json(&start.seccomp())).transpose()?;

    let mut warnings = Vec::new();
    // The supervisor's own value is inherited, and is not meant for containers.
    if !procfs::set_oom_score_adj(process.oom_score_adj().unwrap_or(0)).map_err(Failure::Create)? {
        warnings.push("oom_score_adj cannot be lowered without CAP_SYS_RESOURCE: it stays as it is".to_owned());
    }

    namespaces::enter(linux.namespaces().as_deref().unwrap_or_default())?;
    let console = file_system(&spec, start, cgroups)?;
    if let Some(hostname) = spec.hostname().as_deref().filter(|_| namespaces::new_uts(&linux)) {
        rustix::system::sethostname(hostname.as_bytes()).explain(|| format!("set the host name to {hostname}"))?;
    }
    match console {
        Some(console) => {
            report(status, &Progress::Terminal, Some(console.master.as_fd()))?;
            console.become_streams()?;
        }
        None => become_streams(streams, process.user().uid())?,
    }
    kernel::close_on_exec_from(3).explain(|| "close inherited descriptors".to_owned())?;
    finish(process, filter.as_ref(), warnings, status)
}

/// Makes the container's mounts and changes into its root, a step after which nothing of the machine's files can be named
/// any more. Returns the terminal, if the process shall have one.
fn file_system(spec: &Spec, start: &Start, cgroups: &Cgroups) -> Result<Option<console::Console>> {
    let linux = spec.linux().clone().unwrap_or_default();
    let mounts = spec.mounts().as_deref().unwrap_or_default();
    // While our mounts are still peers of the machine's, so that `rshared` means something.
    let sources = mounts::open_sources(mounts)?;
    root::leave_peer_groups()?;
    let root = root::Root::mount(start)?;
    let cgroup = (cgroups, start.cgroup.as_str(), namespaces::new_cgroup(&linux));
    for (mount, source) in mounts.iter().zip(&sources) {
        mounts::mount(&root, mount, source.as_ref(), &cgroup)?;
    }
    if !mounts::device_directory_is_bound(mounts) {
        devices::make(&root, linux.devices().as_deref().unwrap_or_default())?;
    }
    let process = spec.process().as_ref();
    let console = match process.filter(|process| process.terminal() == Some(true)) {
        Some(process) => Some(console::Console::open(&root, process)?),
        None => None,
    };
    for (name, value) in linux.sysctl().iter().flatten() {
        // What it shares with its sandbox is the sandbox's to set.
        let own = UnshareFlags::from_bits_retain(start.namespaces.cast_unsigned());
        sysctl::set(name, value, own).map_err(Failure::Create)?;
    }
    masks::make_read_only(&root, linux.readonly_paths().as_deref().unwrap_or_default())?;
    masks::hide(&root, linux.masked_paths().as_deref().unwrap_or_default())?;
    if let Some(process) = process {
        root.make_directory(process.cwd())
            .explain(|| format!("make the working directory {}", process.cwd().display()))?;
    }
    let read_only = spec.root().as_ref().is_some_and(|root| root.readonly() == Some(true));
    root.enter(read_only, linux.rootfs_propagation().as_deref())?;
    Ok(console)
}

/// What is left when the file system stands: limits, credentials, filter, exec.
fn finish(
    process: &Process,
    filter: Option<&Filter>,
    mut warnings: Vec<String>,
    status: BorrowedFd<'_>,
) -> Result<Infallible> {
    credentials::limit(process, &mut warnings)?;
    execute::change_directory(process.cwd())?;
    let no_new_privileges = process.no_new_privileges() == Some(true);
    let load_filter = || match filter {
        Some(filter) => kernel::load_seccomp(filter).explain(|| "load the seccomp filter".to_owned()),
        None => Ok(()),
    };
    // Without no_new_privs it takes CAP_SYS_ADMIN to load a filter, which is about to go.
    if !no_new_privileges {
        load_filter()?;
    }
    credentials::assume(process, &mut warnings)?;
    // The kernel forgets it whenever credentials change, hence last.
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .explain(|| "die with the supervisor".to_owned())?;
    if no_new_privileges {
        rustix::thread::set_no_new_privs(true).explain(|| "set no_new_privs".to_owned())?;
        load_filter()?;
    }
    let umask = process.user().umask().unwrap_or(0o022);
    rustix::process::umask(Mode::from_raw_mode(umask));
    let program = execute::Program::find(process)?;
    // Fails if the supervisor has died before its death could be noticed.
    report(status, &Progress::Ready { warnings }, None)?;
    Err(Failure::Start(program.execute()))
}

/// The pipes are given to the user of the container, who else could not open `/dev/stdout`.
fn become_streams(streams: &Streams, uid: u32) -> Result<()> {
    let is_pipe = |stream: &OwnedFd| {
        let mode = rustix::fs::fstat(stream)?.st_mode;
        Ok::<_, rustix::io::Errno>(FileType::from_raw_mode(mode) == FileType::Fifo)
    };
    for stream in streams {
        if is_pipe(stream).explain(|| "look at standard input and output".to_owned())? {
            rustix::fs::fchown(stream, Some(Uid::from_raw(uid)), None)
                .explain(|| "give away standard input and output".to_owned())?;
        }
    }
    let [stdin, stdout, stderr] = streams;
    rustix::stdio::dup2_stdin(stdin)
        .and_then(|()| rustix::stdio::dup2_stdout(stdout))
        .and_then(|()| rustix::stdio::dup2_stderr(stderr))
        .explain(|| "set up standard input and output".to_owned())
}

fn report(status: BorrowedFd<'_>, progress: &Progress, descriptor: Option<BorrowedFd<'_>>) -> Result<()> {
    let message = serde_json::to_vec(progress).explain(|| "report to the supervisor".to_owned())?;
    seqpacket::send(status, &message, descriptor).explain(|| "report to the supervisor".to_owned())
}

fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T> {
    let bytes = fs::read(path).explain(|| format!("read {}", path.display()))?;
    serde_json::from_slice(&bytes).explain(|| format!("understand {}", path.display()))
}

/// Says what was being done when an error came up.
trait Explain<T> {
    fn explain(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Display> Explain<T> for std::result::Result<T, E> {
    fn explain(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Failure::Create(format!("{}: {}", what(), reason(&error))))
    }
}

/// An error of the system in the words that runc's users know: `no such file or directory`.
pub(crate) fn reason(error: &dyn Display) -> String {
    let text = error.to_string();
    let Some((text, _)) = text.split_once(" (os error ") else { return text };
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
