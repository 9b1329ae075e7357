//! A network namespace without a way out, for everything that runs pods. It has no name and ends with the last process
//! in it, so nothing is left to clean up, however that ends.

use crate::process::command;
use std::{ffi::OsStr, process::Command};

/// A program, to be run in a fresh network namespace with nothing but loopback.
pub fn isolated(program: &Command) -> Command {
    let bring_up_and_run = ["--net", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"].map(OsStr::new);
    let words = [program.get_program()].into_iter().chain(program.get_args());
    let mut isolated = command("unshare", bring_up_and_run.into_iter().chain(words));
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => isolated.env(name, value),
            None => isolated.env_remove(name),
        };
    }
    isolated
}

/// What [`isolated`] runs: `(program, Debian package)`.
pub const PROGRAMS: [(&str, &str); 2] = [("ip", "iproute2"), ("unshare", "util-linux")];
