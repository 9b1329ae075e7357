//! The store itself: the operations that others call.

use super::{
    Credentials, Error, Image, ImageReference, Progress, RegistryConfig, Result,
    archive::{self, Source},
    config::ConfigDocument,
    digest::Digest,
    index::{Index, Record},
    ingest::{Ingest, blocking},
    layout::Layout,
    leases::{self, Lease},
    pull, settle,
    sweep::sweep,
    unsettled,
};
use std::{fmt, fs, io, path::Path, sync::Arc};

/// Images on disk. Clones share everything; several processes may open one folder.
#[derive(Debug, Clone)]
pub struct ImageStore {
    layout: Layout,
}

/// An image that an archive had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    pub image: Image,
    /// The references that the archive gives it, among others that it may have.
    pub names: Vec<String>,
}

/// What `ImageStore::remove` did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// References and repo digests that no longer name an image.
    pub untagged: Vec<String>,
    /// The id of the image that is gone; `None` if other references still name it.
    pub deleted: Option<String>,
    /// Lease holders (running containers) for which the image's layers stay until they release it.
    pub held_by: Vec<String>,
}

impl ImageStore {
    /// Opens (or makes) the store in a folder, and removes what a crash may have left half-made there.
    pub fn open(root: &Path) -> Result<Self> {
        let layout = Layout::create(root)?;
        sweep(&layout)?;
        settle::in_background(layout.clone());
        Ok(Self { layout })
    }

    /// The image that a reference, a repo digest (`name@sha256:...`) or an id (`sha256:...`, or its hexadecimal
    /// digits, at least 12 of them) names.
    pub fn get(&self, name: &str) -> Result<Option<Image>> {
        let index = Index::read(&self.layout)?;
        let Some(id) = index.find(name)? else { return Ok(None) };
        index.images.get(id).map_or(Ok(None), |record| self.image(&index, id, record))
    }

    /// All images, ordered by their first reference; those without any come first.
    pub fn list(&self) -> Result<Vec<Image>> {
        let index = Index::read(&self.layout)?;
        let images = index.images.iter().filter_map(|(id, record)| self.image(&index, id, record).transpose());
        let mut images = images.collect::<Result<Vec<_>>>()?;
        images.sort_by(|a, b| a.references.cmp(&b.references));
        Ok(images)
    }

    /// Loads all images of an archive that are for this machine, under the names that it gives them.
    pub async fn load(&self, source: Source, progress: Arc<dyn Progress>) -> Result<Vec<Loaded>> {
        let ingest = Ingest::begin(self.layout.clone(), progress).await?;
        let loaded = archive::load(&ingest, source).await;
        self.finish(ingest).await?;
        let (store, loaded) = (self.clone(), loaded?);
        let image = move |(id, names): (Digest, _)| Ok(Loaded { image: store.required(id.as_str())?, names });
        blocking("reading images", move || loaded.into_iter().map(image).collect()).await
    }

    /// Pulls an image from its registry or one of the registry's mirrors.
    ///
    /// Nothing is retried: that is for the caller, who has a back-off. Of several credentials that may fit
    /// ([`super::Keyring::lookup`]) the caller tries one after the other.
    pub async fn pull(
        &self,
        reference: &ImageReference,
        credentials: Option<&Credentials>,
        registries: &RegistryConfig,
        progress: Arc<dyn Progress>,
    ) -> Result<Image> {
        let ingest = Ingest::begin(self.layout.clone(), progress).await?;
        let pulled = pull::pull(&ingest, reference, credentials, registries).await;
        self.finish(ingest).await?;
        let failed = |cause| Error::Pull { reference: reference.to_string(), cause: Box::new(cause) };
        let (store, id) = (self.clone(), pulled.map_err(failed)?);
        blocking("reading an image", move || store.required(id.as_str())).await.map_err(failed)
    }

    /// Removes a reference, and the image with its layers when that was the last one; by id, all its references.
    ///
    /// # Errors
    /// `NotFound` if nothing has that name.
    pub async fn remove(&self, name: &str) -> Result<Removed> {
        let (layout, name) = (self.layout.clone(), name.to_owned());
        blocking("removing an image", move || {
            let removed = remove(&layout, &name)?;
            sweep(&layout)?;
            Ok(removed)
        })
        .await
    }

    /// Holds an image for `holder` (a container's id): its layers stay on disk until `release`, whatever is removed.
    ///
    /// A holder holds one image; asking again replaces what it held. No lease outlives the machine's boot.
    ///
    /// # Errors
    /// `NotFound` if there is no such image (any more).
    pub async fn lease(&self, image_id: &str, holder: &str) -> Result<()> {
        let (layout, image_id, holder) = (self.layout.clone(), image_id.to_owned(), holder.to_owned());
        blocking("leasing an image", move || {
            let _lock = layout.lock_index()?;
            let image = Digest::parse("image id", &image_id)?;
            let record = Index::read(&layout)?.images.remove(&image);
            let record = record.ok_or(Error::NotFound { what: format!("image {image_id}") })?;
            leases::write(&layout, &holder, &Lease { boot: unsettled::boot_id()?, image, layers: record.layers })
        })
        .await
    }

    /// Ends the lease of `holder`, if it has one, and deletes what nothing else needs.
    pub async fn release(&self, holder: &str) -> Result<()> {
        let (layout, holder) = (self.layout.clone(), holder.to_owned());
        blocking("releasing an image", move || {
            let unneeded = {
                let _lock = layout.lock_index()?;
                let lease = leases::remove(&layout, &holder)?;
                let index = Index::read(&layout)?;
                lease.is_some_and(|lease| !index.images.contains_key(&lease.image))
            };
            if unneeded { sweep(&layout) } else { Ok(()) }
        })
        .await
    }

    /// The folder that holds the store.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.layout.root()
    }

    /// Lets the sweep in again, and does what it may have had to put off.
    async fn finish(&self, ingest: Ingest) -> Result<()> {
        drop(ingest);
        let layout = self.layout.clone();
        blocking("sweeping the image store", move || {
            settle::in_background(layout.clone());
            sweep(&layout)
        })
        .await
    }

    fn required(&self, id: &str) -> Result<Image> {
        self.get(id)?.ok_or_else(|| Error::NotFound { what: format!("image {id}") })
    }

    fn image(&self, index: &Index, id: &Digest, record: &Record) -> Result<Option<Image>> {
        let path = self.layout.blob(id);
        let json = match fs::read(&path) {
            // Another process has removed the image since the index was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            json => json.map_err(|error| Error::io("reading", &path, error))?,
        };
        let document = ConfigDocument::parse(id.as_str(), &json)?;
        Ok(Some(Image {
            id: id.to_string(),
            references: index.references_to(id),
            repo_digests: record.repo_digests.iter().cloned().collect(),
            size: record.size,
            created: document.created.clone(),
            architecture: document.architecture.clone(),
            config: document.into_image_config(),
            layers: record.layers.iter().flat_map(|diff_id| self.layout.layer_folders(diff_id)).collect(),
        }))
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => formatter.debug_tuple("Path").field(path).finish(),
            Self::Reader(_) => formatter.write_str("Reader"),
        }
    }
}

fn remove(layout: &Layout, name: &str) -> Result<Removed> {
    let _lock = layout.lock_index()?;
    let mut index = Index::read(layout)?;
    let removed = index.remove(name)?;
    let (untagged, deleted) = removed.ok_or_else(|| Error::NotFound { what: format!("image {name:?}") })?;
    index.write(layout)?;
    let leases = if deleted.is_some() { leases::all(layout)? } else { Vec::new() };
    let holders = leases.into_iter().filter(|(_, lease)| Some(&lease.image) == deleted.as_ref());
    let held_by = holders.map(|(holder, _)| holder).collect();
    Ok(Removed { untagged, deleted: deleted.map(String::from), held_by })
}
