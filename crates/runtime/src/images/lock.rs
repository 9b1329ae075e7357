//! File locks (flock(2)): they work between processes as well as within one, and a killed process loses its own.

use super::{Error, Result};
use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};
use std::{
    fs::{File, OpenOptions},
    path::Path,
};

/// A lock, held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Waits until nobody else has the lock in any way.
    pub fn exclusive(path: &Path) -> Result<Self> {
        Self::wait(path, FlockOperation::LockExclusive)
    }

    /// Waits until nobody has the lock exclusively.
    pub fn shared(path: &Path) -> Result<Self> {
        Self::wait(path, FlockOperation::LockShared)
    }

    /// The exclusive lock if it is free at once.
    pub fn try_exclusive(path: &Path) -> Result<Option<Self>> {
        let file = open(path)?;
        match retry(|| flock(&file, FlockOperation::NonBlockingLockExclusive)) {
            Ok(()) => Ok(Some(Self(file))),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(Error::io("locking", path, error)),
        }
    }

    fn wait(path: &Path, operation: FlockOperation) -> Result<Self> {
        let file = open(path)?;
        retry(|| flock(&file, operation)).map_err(|error| Error::io("locking", path, error))?;
        Ok(Self(file))
    }
}

impl Drop for Lock {
    /// Closing the file is not enough: a child that has been forked but not yet executed has it open too.
    fn drop(&mut self) {
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

fn open(path: &Path) -> Result<File> {
    let file = OpenOptions::new().read(true).append(true).create(true).open(path);
    file.map_err(|error| Error::io("opening", path, error))
}

fn retry(mut call: impl FnMut() -> rustix::io::Result<()>) -> rustix::io::Result<()> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            result => return result,
        }
    }
}
