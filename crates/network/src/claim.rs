//! One instance at a time looks which networks are free and takes one.

use crate::{Error, Result};
use rustix::fs::FlockOperation;
use std::{fs::File, path::Path};

const LOCK: &str = "/run/minke-network.lock";

/// Waits for the instances that are at it, some milliseconds each. The turn ends when the file is closed, also by a
/// crash.
pub fn take_turn() -> Result<File> {
    let path = Path::new(LOCK);
    let file = File::create(path).map_err(|error| Error::file("create", path, error))?;
    rustix::fs::flock(&file, FlockOperation::LockExclusive).map_err(|error| Error::file("lock", path, error))?;
    Ok(file)
}
