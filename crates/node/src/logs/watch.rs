//! Hears of writes to a folder of logs, and of files coming and going there (inotify(7)).

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use std::{io, path::Path};
use tokio::net::unix::pipe::Receiver;

/// Watches one folder.
#[derive(Debug)]
pub struct FolderWatch(Receiver);

impl FolderWatch {
    /// Begins to watch; must be called within a tokio runtime.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        inotify::add_watch(&inotify, folder, WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVE)?;
        // To tokio an inotify descriptor is like a pipe's end: it becomes readable, and is read with read(2).
        Receiver::from_owned_fd_unchecked(inotify).map(Self)
    }

    /// Waits until something has happened since the last call; which thing it was does not matter here.
    pub async fn changed(&self) -> io::Result<()> {
        let mut events = [0; 4096];
        loop {
            self.0.readable().await?;
            match self.0.try_read(&mut events) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read.map(drop),
            }
        }
    }
}
