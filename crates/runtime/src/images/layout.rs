//! Where things are in the store's folder, and how files get there whole or not at all.

use super::{Error, Result, digest::Digest, lock::Lock};
use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

/// The parts of a layer's folder: its files, and empty directories for below them.
pub(super) const FILES: &str = "fs";
pub(super) const BELOW: &str = "below";
/// How layers are unpacked; it ends the names of their folders. Layers of the first way, which kept the names of files
/// whose whiteouts had nothing below them, have none.
const FORMAT: u32 = 2;
/// Begins the names of what is being made or being deleted: it never counts, and the sweep removes it.
const TEMPORARY: &str = ".tmp-";

/// The folder of a store; see the module's comment for what is in it.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Makes the folders that are missing.
    pub fn create(root: &Path) -> Result<Self> {
        let layout = Self { root: root.to_owned() };
        for folder in [layout.blobs(), layout.layers(), layout.leases()] {
            // Images have programs with setuid bits, which are nobody's business outside of a container.
            let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
            made.and_then(|()| fs::set_permissions(root, Permissions::from_mode(0o700)))
                .map_err(|error| Error::io("creating", &folder, error))?;
        }
        Ok(layout)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn index(&self) -> PathBuf {
        self.root.join("index.json")
    }

    pub fn blobs(&self) -> PathBuf {
        self.root.join("blobs/sha256")
    }

    pub fn blob(&self, digest: &Digest) -> PathBuf {
        self.blobs().join(digest.hex())
    }

    pub fn layers(&self) -> PathBuf {
        self.root.join("layers")
    }

    /// A layer's own folder; in it are its files, and what must be below them.
    pub fn layer(&self, diff_id: &Digest) -> PathBuf {
        self.layers().join(format!("{}.{FORMAT}", diff_id.short()))
    }

    /// The folder in which a layer of an image is: that of an older minke, until the image is loaded or pulled again.
    pub fn layer_as_found(&self, diff_id: &Digest) -> PathBuf {
        let layer = self.layer(diff_id);
        if layer.is_dir() { layer } else { self.layers().join(diff_id.short()) }
    }

    /// Whether a folder of the layers is this layer's, unpacked in whatever way.
    pub fn is_of_layer(name: &str, diff_id: &Digest) -> bool {
        name.split('.').next() == Some(diff_id.short())
    }

    /// What a layer adds to a root file system, from bottom to top.
    pub fn layer_folders(&self, diff_id: &Digest) -> impl Iterator<Item = PathBuf> {
        let layer = self.layer_as_found(diff_id);
        let below = Some(layer.join(BELOW)).filter(|below| below.is_dir());
        below.into_iter().chain([layer.join(FILES)])
    }

    pub fn leases(&self) -> PathBuf {
        self.root.join("leases")
    }

    /// For short changes of the index and the leases. Readers do without.
    pub fn lock_index(&self) -> Result<Lock> {
        Lock::exclusive(&self.root.join("index.lock"))
    }

    /// Shared among loads and pulls as long as they run: what they bring is in use before the index says so.
    pub fn lock_for_ingest(&self) -> Result<Lock> {
        Lock::shared(&self.root.join("ingest.lock"))
    }

    /// For the sweep: there is none while a load or pull runs anywhere.
    pub fn try_lock_for_sweep(&self) -> Result<Option<Lock>> {
        Lock::try_exclusive(&self.root.join("ingest.lock"))
    }

    /// For whoever fetches this layer; others wait and then find it present.
    pub fn lock_layer(&self, diff_id: &Digest) -> Result<Lock> {
        Lock::exclusive(&self.layers().join(format!("{TEMPORARY}{}.lock", diff_id.short())))
    }

    /// Makes a new folder beside `target` whose name says that it is not finished.
    pub fn create_temporary(target: &Path) -> Result<PathBuf> {
        loop {
            let path = temporary(target);
            match fs::create_dir(&path) {
                Ok(()) => return Ok(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::io("creating", &path, error)),
            }
        }
    }

    /// Renames something out of the way, so that it no longer counts, and tells its new name.
    pub fn discard(path: &Path) -> Result<PathBuf> {
        loop {
            let discarded = temporary(path);
            if !discarded.exists() {
                fs::rename(path, &discarded).map_err(|error| Error::io("removing", path, error))?;
                return Ok(discarded);
            }
        }
    }

    /// Whether a file's name says that it is not finished.
    pub fn is_temporary(name: &str) -> bool {
        name.starts_with(TEMPORARY)
    }

    /// Replaces a file in one step; with `durable`, a power failure after it cannot bring the old one back.
    pub fn write(path: &Path, content: &[u8], durable: bool) -> Result<()> {
        let temporary = temporary(path);
        let written = (|| {
            let mut file = File::create(&temporary)?;
            file.write_all(content)?;
            if durable {
                file.sync_data()?;
            }
            fs::rename(&temporary, path)
        })();
        if let Err(error) = written {
            let _ = fs::remove_file(&temporary);
            return Err(Error::io("writing", path, error));
        }
        match path.parent() {
            Some(folder) if durable => File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(|error| Error::io("syncing", folder, error)),
            _ => Ok(()),
        }
    }
}

fn temporary(target: &Path) -> PathBuf {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    target.with_file_name(format!("{TEMPORARY}{}-{count}", process::id()))
}
