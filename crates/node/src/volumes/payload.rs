//! The files of a volume in the making, bounded for all volumes of a pod together.

use crate::Error;
use bytes::Bytes;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

/// The most that one pod's volumes may show of objects, in bytes. The API bounds each object, but not how often a pod
/// may ask for the same one.
const LARGEST: usize = 64 << 20;

/// What is left of it for one pod.
pub struct FileRoom(AtomicUsize);

impl Default for FileRoom {
    fn default() -> Self {
        Self(AtomicUsize::new(LARGEST))
    }
}

impl FileRoom {
    fn take(&self, bytes: usize) -> Result<(), Error> {
        let taken = self.0.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(bytes));
        taken.map(drop).map_err(|_| Error::VolumesTooLarge { megabytes: LARGEST >> 20 })
    }
}

/// One file of a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub data: Bytes,
    pub mode: u32,
}

/// The files of a volume by relative path, in the making.
pub struct Payload<'a> {
    files: BTreeMap<PathBuf, File>,
    room: &'a FileRoom,
}

impl<'a> Payload<'a> {
    pub fn new(room: &'a FileRoom) -> Self {
        Self { files: BTreeMap::new(), room }
    }

    /// Adds a file; one of the same path gives way.
    pub fn insert(&mut self, path: PathBuf, file: File) -> Result<(), Error> {
        self.room.take(file.data.len())?;
        self.files.insert(path, file);
        Ok(())
    }

    pub fn into_files(self) -> BTreeMap<PathBuf, File> {
        self.files
    }
}
