//! In which boot files were written that may not have reached the disk.

use super::{Error, Result};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::Path,
    process,
    sync::atomic::{AtomicU64, Ordering},
};

/// When the files of an image were written that may not have reached the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unsettled {
    pub boot: String,
    /// Tells one writing from another: what is written again while the disk is synchronized is not settled by that.
    pub writing: String,
}

impl Unsettled {
    /// For files that have just been written.
    pub fn now() -> Result<Self> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let writing = format!("{}-{}", process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        Ok(Self { boot: boot_id()?, writing })
    }
}

/// The kernel's name for the time since the machine was started (random(4)).
pub(super) fn boot_id() -> Result<String> {
    let path = Path::new("/proc/sys/kernel/random/boot_id");
    let id = fs::read_to_string(path).map_err(|error| Error::io("reading", path, error))?;
    Ok(id.trim().to_owned())
}
