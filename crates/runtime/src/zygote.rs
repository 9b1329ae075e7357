//! The zygote: a single-threaded process from which supervisors are forked, in a fraction of the time that executing the
//! program anew would take, and sharing its memory.
//!
//! It lives with the supervisors in a cgroup of their own, `<parent>/supervisors`, and in a session of its own: neither
//! an end of the server's systemd unit nor a Ctrl-C on its terminal reaches them, and a pod's limits do not count them.

mod launch;
mod title;

use crate::{cgroup::Cgroups, kernel, protocol::Supervise, seqpacket, supervisor};
pub use launch::{ROLE, Zygote};
use rustix::{
    fs::{Mode, OFlags},
    process::DumpableBehavior,
};
use std::{
    os::fd::{AsFd, OwnedFd},
    path::Path,
    process::ExitCode,
};
use title::Title;

/// Runs the role. Standard input is the socket on which the server sends its orders; when it closes, the server is gone.
pub fn run() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The server reads it: standard error is still its own.
            eprintln!("zygote: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), Box<dyn std::error::Error>> {
    kernel::close_from(3);
    kernel::reset_signals();
    kernel::ignore_children();
    rustix::process::umask(Mode::empty());
    rustix::process::setsid()?;
    rustix::thread::set_name(c"minke-zygote")?;
    // Our memory, descriptors and program are nobody's business, not even of a root user in a container that shares the
    // machine's processes. Inherited by each fork, until it executes something else.
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    std::env::set_current_dir(Path::new("/"))?;
    let cgroups = Cgroups::detect()?;
    cgroups.join(&std::env::var(launch::CGROUP)?)?;
    let title = Title::find()?;
    title.set("minke zygote");
    let socket = rustix::stdio::stdin();
    while let Some((order, mut descriptors)) = seqpacket::receive(socket)? {
        let (Ok(order), Some(listener)) = (serde_json::from_slice::<Supervise>(&order), descriptors.pop()) else {
            continue;
        };
        if kernel::clone3(0, None)?.is_none() {
            title.set(&order.title);
            become_supervisor(order, listener, cgroups);
        }
    }
    Ok(())
}

fn become_supervisor(order: Supervise, listener: OwnedFd, cgroups: Cgroups) -> ! {
    kernel::reset_signals();
    let _ = rustix::process::setsid();
    let _ = rustix::thread::set_name(c"minke-pod");
    let null = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty());
    let detached = null.and_then(|null| {
        rustix::stdio::dup2_stdin(null.as_fd())?;
        rustix::stdio::dup2_stdout(null.as_fd())?;
        rustix::stdio::dup2_stderr(null.as_fd())
    });
    if detached.is_err() {
        kernel::exit(1);
    }
    supervisor::run(order, listener, cgroups)
}
