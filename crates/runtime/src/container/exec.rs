//! Turns a freshly cloned process into one more of a container that runs.
//!
//! The process that prepares stays outside of the container's PID namespace, as when a container joins another's: what
//! is inside sees only a process that has nothing but what the program shall have (see [`super::pid_namespace`]). The
//! program is named, and its working directory entered, in the container's own mounts; no descriptor but its streams
//! reaches it (CVE-2024-21626), and what executes it cannot be written to (CVE-2019-5736).

use super::{
    Streams, become_streams,
    console::Console,
    failure::{Explain, Result},
    finish, open_null,
    progress::{Progress, report},
    read_json,
};
use crate::{
    cgroup::Cgroups,
    confined::Confined,
    kernel, procfs,
    protocol::{self, Exec, Failure},
    seccomp::Filter,
};
use oci_spec::runtime::{Process, Spec};
use rustix::{
    fs::Mode,
    thread::{ThreadNameSpaceType, move_into_thread_name_spaces},
};
use std::{
    convert::Infallible,
    io, mem,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
};

/// What containers' programs take a terminal for; what containerd says, too.
const TERM: &str = "TERM=xterm";

/// The container to join.
pub struct Target {
    /// A pidfd of its init process.
    pub process: OwnedFd,
    /// Its number, in the machine's PID namespace.
    pub pid: u32,
    pub bundle: PathBuf,
    pub cgroup: String,
}

/// Joins the container and executes the program there. `streams` are those that the order names.
pub fn run(exec: &Exec, target: &Target, cgroups: &Cgroups, streams: Vec<OwnedFd>, status: &OwnedFd) -> ! {
    let failure = match join(exec, target, cgroups, streams, status.as_fd()) {
        Ok(never) => match never {},
        Err(failure) => failure,
    };
    // The supervisor may be gone, and then nobody minds.
    let _ = report(status.as_fd(), &Progress::Failed(failure), None);
    kernel::exit(1)
}

fn join(
    exec: &Exec,
    target: &Target,
    cgroups: &Cgroups,
    streams: Vec<OwnedFd>,
    status: BorrowedFd<'_>,
) -> Result<Infallible> {
    kernel::reset_signals();
    rustix::process::umask(Mode::empty());
    kernel::new_session_keyring().explain(|| "new session keyring".to_owned())?;
    if matches!(cgroups, Cgroups::V1(_)) {
        cgroups.join(&target.cgroup).explain(|| "join the cgroup".to_owned())?;
    }
    let spec: Spec = read_json(&protocol::specification(&target.bundle))?;
    let process = spec.process().clone().map(|process| asked(process, exec));
    let process = process.ok_or_else(|| Failure::Create("the specification has no process".into()))?;
    let has_filter = spec.linux().as_ref().is_some_and(|linux| linux.seccomp().is_some());
    let filter: Option<Filter> = has_filter.then(|| read_json(&protocol::seccomp(&target.bundle))).transpose()?;
    // The container's start has told what cannot be lowered here.
    procfs::set_oom_score_adj(process.oom_score_adj().unwrap_or(0)).map_err(Failure::Create)?;
    let streams = all(exec, streams).explain(|| "set up standard input and output".to_owned())?;

    move_into_thread_name_spaces(target.process.as_fd(), namespaces())
        .explain(|| "join the container's namespaces".to_owned())?;
    if exec.terminal {
        let root = Confined::open(Path::new("/")).explain(|| "open the container's root".to_owned())?;
        let console = Console::allocate(&root, &process)?;
        report(status, &Progress::Terminal, Some(console.master.as_fd()))?;
        console.become_streams()?;
    } else {
        become_streams(&streams, process.user().uid())?;
    }
    kernel::close_all_but(status).explain(|| "close inherited descriptors".to_owned())?;
    // They are closed now.
    mem::forget(streams);
    finish(&process, filter.as_ref(), true, Vec::new(), status)
}

/// All that a container can have of its own or share; the PID namespace is for what is forked from now on.
fn namespaces() -> ThreadNameSpaceType {
    ThreadNameSpaceType::MOUNT
        | ThreadNameSpaceType::PROCESS_ID
        | ThreadNameSpaceType::CONTROL_GROUP
        | ThreadNameSpaceType::NETWORK
        | ThreadNameSpaceType::INTER_PROCESS_COMMUNICATION
        | ThreadNameSpaceType::HOST_NAME_AND_NIS_DOMAIN_NAME
}

/// The container's own process, with what is asked for.
fn asked(mut process: Process, exec: &Exec) -> Process {
    process.set_args(Some(exec.arguments.clone()));
    process.set_terminal(Some(exec.terminal));
    process.set_console_size(None);
    if exec.terminal {
        let mut environment = process.env().clone().unwrap_or_default();
        environment.retain(|variable| !variable.starts_with("TERM="));
        environment.push(TERM.to_owned());
        process.set_env(Some(environment));
    }
    process
}

/// Standard input, output and error: what came along, and nothing where nothing is wanted.
fn all(exec: &Exec, came: Vec<OwnedFd>) -> io::Result<Streams> {
    let mut came = came.into_iter();
    let mut next = |wanted: bool| {
        if wanted && !exec.terminal {
            came.next().ok_or_else(|| io::Error::other("a stream did not arrive"))
        } else {
            open_null()
        }
    };
    Ok([next(exec.streams.stdin)?, next(exec.streams.stdout)?, next(exec.streams.stderr)?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_process_is_as_the_container_s_own_but_for_what_is_asked() {
        let own = json!({
            "args": ["server"], "env": ["A=1", "TERM=dumb"], "cwd": "/srv", "user": {"uid": 7, "gid": 8},
            "noNewPrivileges": true, "consoleSize": {"height": 1, "width": 2}
        });
        let exec = |terminal| Exec {
            container: String::new(),
            arguments: vec!["sh".to_owned(), "-c".to_owned()],
            terminal,
            streams: crate::StandardStreams::default(),
        };
        for (terminal, environment) in [(false, ["A=1", "TERM=dumb"]), (true, ["A=1", "TERM=xterm"])] {
            let process = asked(serde_json::from_value(own.clone()).unwrap(), &exec(terminal));
            assert_eq!(process.args().as_deref().unwrap(), ["sh", "-c"]);
            assert_eq!(process.env().as_deref().unwrap(), environment);
            assert_eq!((process.terminal(), process.console_size()), (Some(terminal), None));
            assert_eq!((process.cwd().as_path(), process.user().uid()), (Path::new("/srv"), 7));
            assert_eq!(process.no_new_privileges(), Some(true));
        }
    }
}
