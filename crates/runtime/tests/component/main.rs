//! Sandboxes and containers with the kernel's real namespaces, overlayfs and cgroups. Needs root and Debian's
//! busybox-static.
//!
//! Without the usual test harness, because the program itself must be able to become a zygote.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod attach;
mod containers;
mod crashes;
mod exec;
mod fixture;
mod known_holes;
mod limits;
mod logs;
mod namespaces;
mod security;
mod shared_processes;
mod spec;

use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = runtime::role::enter(std::env::args_os()) {
        return code;
    }
    if let Some(code) = crashes::be_a_server(std::env::args_os()) {
        return code;
    }
    let mut arguments = Arguments::from_args();
    // Each test has the machine's two or more processors to itself: some look at what all processes do.
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(containers::trials());
    trials.extend(namespaces::trials());
    trials.extend(security::trials());
    trials.extend(shared_processes::trials());
    trials.extend(known_holes::trials());
    trials.extend(limits::trials());
    trials.extend(logs::trials());
    trials.extend(exec::trials());
    trials.extend(attach::trials());
    trials.extend(crashes::trials());
    libtest_mimic::run(&arguments, trials).exit_code()
}
