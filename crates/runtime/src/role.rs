//! The roles this program can take instead of its usual one.

use crate::zygote;
use std::{ffi::OsString, process::ExitCode};

/// Runs the role that the arguments (with the program's name first) ask for and returns its exit code, or `None` when
/// they ask for none and the program shall go on as usual.
///
/// Call it at the very top of `main`, before any thread is started: a zygote forks, which only a single-threaded
/// process does safely.
pub fn enter(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    (arguments.into_iter().nth(1)? == zygote::ROLE).then(zygote::run)
}
