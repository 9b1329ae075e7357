//! Turns a freshly cloned process into a container, as the OCI runtime specification in its bundle says.
//!
//! Everything here runs in the child of a supervisor, between `clone3` and `execve`. It talks to the supervisor through
//! one socket that the exec closes: no more messages then means that the program runs.
//!
//! The order is what confines: what is needed of the machine is opened first; then the process enters the container's
//! root, and all further names are looked up there; limits, user, capabilities and filter follow. Only then does it
//! become visible to other containers, if there are any in its PID namespace (see [`pid_namespace`]).

mod attach;
mod console;
mod credentials;
mod devices;
mod exec;
mod execute;
mod failure;
mod masks;
mod mount_options;
mod mounts;
mod namespaces;
mod null;
mod over_proc;
mod pid_namespace;
mod progress;
mod root;
mod sources;
mod unsupported;
mod volumes;

use crate::{
    cgroup::Cgroups,
    confined::Confined,
    kernel, procfs,
    protocol::{Failure, Start},
    seccomp::Filter,
    sysctl,
};
use failure::{Explain, Result};
use oci_spec::runtime::{Linux, Process, Spec};
use pid_namespace::Joined;
use progress::report;
use rustix::{
    fs::{FileType, Mode, Uid},
    thread::UnshareFlags,
};
use serde::Deserialize;
use std::{
    convert::Infallible,
    fs,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

pub use attach::{attach_mount, make_file_system};
pub use exec::{Target, run as exec};
pub use mount_options::MountOptions;
pub use namespaces::clone_flags;
pub use null::open as open_null;
pub use pid_namespace::Shared;
pub use progress::Progress;
pub use root::enter as enter_root;
pub use unsupported::find as find_unsupported;

/// Standard input, output and error of a container.
pub type Streams = [OwnedFd; 3];

/// Builds the container around the calling process and executes its program. `shared` has the PID namespace to join.
pub fn run(start: &Start, cgroups: &Cgroups, shared: Option<Shared>, streams: &Streams, status: &OwnedFd) -> ! {
    let failure = match build(start, cgroups, shared, streams, status.as_fd()) {
        Ok(never) => match never {},
        Err(failure) => failure,
    };
    // The supervisor may be gone, and then nobody minds.
    let _ = report(status.as_fd(), &Progress::Failed(failure), None);
    kernel::exit(1)
}

fn build(
    start: &Start,
    cgroups: &Cgroups,
    shared: Option<Shared>,
    streams: &Streams,
    status: BorrowedFd<'_>,
) -> Result<Infallible> {
    kernel::reset_signals();
    rustix::process::umask(Mode::empty());
    kernel::new_session_keyring().explain(|| "new session keyring".to_owned())?;
    if matches!(cgroups, Cgroups::V1(_)) {
        cgroups.join(&start.cgroup).explain(|| "join the cgroup".to_owned())?;
    }
    let joined = shared.map(Joined::open).transpose()?;

    let spec: Spec = read_json(&start.specification())?;
    let process = spec.process().as_ref().ok_or_else(|| Failure::Create("the specification has no process".into()))?;
    let linux = spec.linux().clone().unwrap_or_default();
    let filter: Option<Filter> = linux.seccomp().is_some().then(|| read_json(&start.seccomp())).transpose()?;

    let mut warnings = Vec::new();
    // The supervisor's own value is inherited, and is not meant for containers.
    if !procfs::set_oom_score_adj(process.oom_score_adj().unwrap_or(0)).map_err(Failure::Create)? {
        warnings.push("oom_score_adj cannot be lowered without CAP_SYS_RESOURCE: it stays as it is".to_owned());
    }
    set_parameters(&linux, start)?;
    namespaces::enter(linux.namespaces().as_deref().unwrap_or_default())?;
    match file_system(&spec, start, cgroups, joined.as_ref())? {
        Some(console) => {
            report(status, &Progress::Terminal, Some(console.master.as_fd()))?;
            console.become_streams()?;
        }
        None => become_streams(streams, process.user().uid())?,
    }
    if joined.is_none() {
        lead_session(process.terminal() == Some(true))?;
    }
    if let Some(hostname) = spec.hostname().as_deref().filter(|_| namespaces::new_uts(&linux)) {
        rustix::system::sethostname(hostname.as_bytes()).explain(|| format!("set the host name to {hostname}"))?;
    }
    if let Some(joined) = joined {
        joined.enter()?;
    }
    // Not only on exec: in a PID namespace that is joined, others see them before.
    kernel::close_all_but(status).explain(|| "close inherited descriptors".to_owned())?;
    finish(process, filter.as_ref(), start.joins(), warnings, status)
}

/// Sets kernel parameters of the container's own namespaces; what it shares with its sandbox is the sandbox's to set.
fn set_parameters(linux: &Linux, start: &Start) -> Result<()> {
    let own = UnshareFlags::from_bits_retain(start.new_namespaces().cast_unsigned());
    let parameters = linux.sysctl().iter().flatten();
    parameters.into_iter().try_for_each(|(name, value)| sysctl::set(name, value, own)).map_err(Failure::Create)
}

/// Enters the container's root, a step after which nothing of the machine's files can be named any more, and makes its
/// mounts. Returns the terminal, if the process shall have one.
fn file_system(
    spec: &Spec,
    start: &Start,
    cgroups: &Cgroups,
    joined: Option<&Joined>,
) -> Result<Option<console::Console>> {
    let linux = spec.linux().clone().unwrap_or_default();
    let mounts = spec.mounts().as_deref().unwrap_or_default();
    let masked = linux.masked_paths().as_deref().unwrap_or_default();
    // While our mounts are still peers of the machine's, so that `rshared` means something.
    let view = sources::View { cgroups, cgroup: &start.cgroup, own_cgroup: namespaces::new_cgroup(&linux), joined };
    let sources = mounts.iter().map(|mount| view.open(mount)).collect::<Result<Vec<_>>>()?;
    let null = null::mount().explain(|| "copy the machine's /dev/null".to_owned())?;
    root::leave_peer_groups()?;
    let root = root::mount(start)?;
    root::enter(root.as_fd()).explain(|| "change the root".to_owned())?;

    for (mount, source) in mounts.iter().zip(sources) {
        mounts::mount(&root, mount, source)?;
    }
    if !mounts::device_directory_is_bound(mounts) {
        devices::make(&root, linux.devices().as_deref().unwrap_or_default())?;
    }
    let process = spec.process().as_ref();
    let console = match process.filter(|process| process.terminal() == Some(true)) {
        Some(process) => Some(console::Console::open(&root, process)?),
        None => None,
    };
    let read_only = spec.root().as_ref().is_some_and(|root| root.readonly() == Some(true));
    volumes::make(&root, &start.volumes, mounts, read_only)?;
    // After all that is mounted, or it would come off again.
    masks::make_read_only(&root, linux.readonly_paths().as_deref().unwrap_or_default())?;
    masks::hide(&root, masked, null)?;
    if let Some(process) = process {
        make_working_directory(&root, process.cwd())?;
    }
    root::finish(&root, read_only, linux.rootfs_propagation().as_deref())?;
    Ok(console)
}

fn make_working_directory(root: &Confined, directory: &Path) -> Result<()> {
    root.make_directory(directory).map(drop).explain(|| format!("make the working directory {}", directory.display()))
}

/// What is left when the file system stands: limits, credentials, filter, exec.
fn finish(
    process: &Process,
    filter: Option<&Filter>,
    joins: bool,
    mut warnings: Vec<String>,
    status: BorrowedFd<'_>,
) -> Result<Infallible> {
    credentials::limit(process, &mut warnings)?;
    execute::change_directory(process.cwd())?;
    let load_filter = || match filter {
        Some(filter) => kernel::load_seccomp(filter).explain(|| "load the seccomp filter".to_owned()),
        None => Ok(()),
    };
    // Without no_new_privs it takes CAP_SYS_ADMIN to load a filter, which is about to go.
    let no_new_privileges = process.no_new_privileges() == Some(true);
    if !no_new_privileges {
        load_filter()?;
    }
    credentials::assume(process, &mut warnings)?;
    die_with_supervisor()?;
    if no_new_privileges {
        rustix::thread::set_no_new_privs(true).explain(|| "set no_new_privs".to_owned())?;
        load_filter()?;
    }
    let umask = process.user().umask().unwrap_or(0o022);
    rustix::process::umask(Mode::from_raw_mode(umask));
    let program = execute::Program::find(process)?;
    if joins {
        pid_namespace::be_born(status, warnings)?;
        die_with_supervisor()?;
        lead_session(process.terminal() == Some(true))?;
        report(status, &Progress::Executing, None)?;
    } else {
        report(status, &Progress::Ready { warnings }, None)?;
    }
    Err(Failure::Start(program.execute()))
}

/// The kernel forgets it whenever credentials change or a process is forked. Should the supervisor have died before, the
/// report that follows fails.
fn die_with_supervisor() -> Result<()> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .explain(|| "die with the supervisor".to_owned())
}

fn lead_session(has_terminal: bool) -> Result<()> {
    rustix::process::setsid().explain(|| "new session".to_owned())?;
    if has_terminal {
        rustix::process::ioctl_tiocsctty(rustix::stdio::stdin()).explain(|| "take over the terminal".to_owned())?;
    }
    Ok(())
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

fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T> {
    let bytes = fs::read(path).explain(|| format!("read {}", path.display()))?;
    serde_json::from_slice(&bytes).explain(|| format!("understand {}", path.display()))
}
