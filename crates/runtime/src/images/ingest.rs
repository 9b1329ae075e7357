//! Brings an image into the store, wherever its layers come from: a few at a time, each verified while it is unpacked.

use super::{
    Error, ImageReference, LayerProgress, LayerState, Progress, Result,
    config::ConfigDocument,
    digest::Digest,
    index::{Index, Record},
    layer::{Blob, LayerStore},
    layout::Layout,
    lock::Lock,
    unsettled::Unsettled,
};
use futures::future::BoxFuture;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    io::{self, Read},
    sync::Arc,
};
use tokio::{
    sync::{Semaphore, watch},
    task::{JoinSet, spawn_blocking},
};

/// Layers of one image that are unpacked side by side, as many as containerd fetches.
const PARALLEL_LAYERS: usize = 3;
/// Bytes after which a layer's progress is told again.
const PROGRESS_STEP: u64 = 256 << 10;

/// An image on its way into the store.
pub(super) struct Incoming {
    /// Its name in errors.
    pub what: String,
    pub config: Vec<u8>,
    pub manifest: Option<Vec<u8>>,
    /// As many as the config has diff ids, bottom to top.
    pub layers: Vec<LayerBlob>,
    pub references: Vec<ImageReference>,
    pub repo_digests: Vec<String>,
}

/// The archive of a layer, as its source knows it.
#[derive(Debug, Clone)]
pub(super) struct LayerBlob {
    /// A path in an archive, or a digest in a registry.
    pub location: String,
    /// The digest of the bytes there, if a manifest says it.
    pub digest: Option<Digest>,
    /// Bytes there; 0 if unknown.
    pub size: u64,
}

/// Becomes true when nobody wants the result any more.
pub(super) type Stopped = watch::Receiver<bool>;

/// Where layers' archives come from.
pub(super) trait LayerSource: Send + Sync {
    /// Opens an archive for reading in a thread that may block.
    fn open(&self, blob: LayerBlob, stopped: Stopped) -> BoxFuture<'_, Result<Box<dyn Read + Send>>>;
}

/// What all layers of a load or pull share.
#[derive(Clone)]
pub(super) struct Ingest {
    pub layout: Layout,
    /// Keeps the sweep away, until the last clone is gone.
    _lock: Arc<Lock>,
    pub progress: Arc<dyn Progress>,
}

impl Ingest {
    /// Waits for a running sweep, and keeps others away.
    pub async fn begin(layout: Layout, progress: Arc<dyn Progress>) -> Result<Self> {
        let lock = blocking("waiting for the image store", {
            let layout = layout.clone();
            move || layout.lock_for_ingest()
        });
        Ok(Self { _lock: Arc::new(lock.await?), layout, progress })
    }

    /// Fetches the layers that are missing, then lets the index know the image; returns its id.
    pub async fn bring(&self, incoming: Incoming, source: Arc<dyn LayerSource>) -> Result<Digest> {
        let diff_ids = ConfigDocument::parse(&incoming.what, &incoming.config)?.diff_ids().to_vec();
        if diff_ids.len() != incoming.layers.len() {
            let (layers, expected) = (incoming.layers.len(), diff_ids.len());
            return Err(Error::corrupted(&incoming.what, format!("{layers} layers, but the config lists {expected}")));
        }
        let mut seen = BTreeSet::new();
        let layers = diff_ids.iter().cloned().zip(incoming.layers.iter().cloned());
        let layers = layers.filter(|(diff_id, _)| seen.insert(diff_id.clone())).collect();
        let sizes = self.fetch_all(&incoming.what, layers, source).await?;
        let size = diff_ids.iter().filter_map(|diff_id| sizes.get(diff_id)).sum();
        let layout = self.layout.clone();
        blocking("writing the image index", move || commit(&layout, incoming, diff_ids, size)).await
    }

    /// Fetches layers side by side; tells their sizes. With the first failure all stop, and all have stopped at the end.
    async fn fetch_all(
        &self,
        what: &str,
        layers: Vec<(Digest, LayerBlob)>,
        source: Arc<dyn LayerSource>,
    ) -> Result<BTreeMap<Digest, u64>> {
        let (stop, stopped) = watch::channel(false);
        let permits = Arc::new(Semaphore::new(PARALLEL_LAYERS));
        let mut tasks = JoinSet::new();
        for (diff_id, blob) in layers {
            let name = blob.digest.as_ref().unwrap_or(&diff_id).to_string();
            let what = format!("layer {name} of {what}");
            let layer = Layer { ingest: self.clone(), diff_id, blob, name, what, stopped: stopped.clone() };
            layer.tell(LayerState::Waiting, 0);
            tasks.spawn(layer.fetch(Arc::clone(&source), Arc::clone(&permits)));
        }
        let mut sizes = Ok(BTreeMap::new());
        while let Some(finished) = tasks.join_next().await {
            let fetched = finished.unwrap_or_else(|error| Err(interrupted("fetching layers", error)));
            match (&mut sizes, fetched) {
                (Ok(sizes), Ok((diff_id, size))) => drop(sizes.insert(diff_id, size)),
                (Ok(_), Err(error)) => {
                    let _ = stop.send(true);
                    sizes = Err(error);
                }
                (Err(_), _) => {}
            }
        }
        sizes
    }
}

/// One layer on its way.
struct Layer {
    ingest: Ingest,
    diff_id: Digest,
    blob: LayerBlob,
    /// For progress.
    name: String,
    /// For errors.
    what: String,
    stopped: Stopped,
}

impl Layer {
    async fn fetch(self, source: Arc<dyn LayerSource>, permits: Arc<Semaphore>) -> Result<(Digest, u64)> {
        let _permit = permits.acquire().await.map_err(|error| interrupted(&self.what, error))?;
        if *self.stopped.borrow() {
            return Err(interrupted(&self.what, "another layer failed"));
        }
        let layers = LayerStore::new(self.ingest.layout.clone());
        let locked = blocking("waiting for a layer", {
            let (layout, layers, diff_id) = (self.ingest.layout.clone(), layers.clone(), self.diff_id.clone());
            move || Ok((layout.lock_layer(&diff_id)?, layers.size(&diff_id)?))
        });
        let (lock, present) = locked.await?;
        if let Some(size) = present {
            self.tell(LayerState::Present, self.blob.size);
            return Ok((self.diff_id, size));
        }
        self.tell(LayerState::Unpacking, 0);
        let mut stopped = self.stopped.clone();
        let reader = tokio::select! {
            reader = source.open(self.blob.clone(), self.stopped.clone()) => reader?,
            _ = stopped.wait_for(|stopped| *stopped) => return Err(interrupted(&self.what, "another layer failed")),
        };
        blocking("unpacking a layer", move || {
            let reader = Reporting { layer: &self, reader, bytes: 0, told: 0 };
            let size = self.blob.digest.is_some().then_some(self.blob.size);
            let blob = Blob { name: self.what.clone(), digest: self.blob.digest.clone(), size, reader };
            layers.add(&self.diff_id, blob)?;
            drop(lock);
            self.tell(LayerState::Complete, self.blob.size);
            let size = layers.size(&self.diff_id)?.unwrap_or_default();
            Ok((self.diff_id, size))
        })
        .await
    }

    fn tell(&self, state: LayerState, bytes: u64) {
        self.ingest.progress.layer(LayerProgress { layer: &self.name, state, bytes, total: self.blob.size });
    }
}

/// Tells a layer's progress as its bytes are read, and stops when nobody wants them any more.
struct Reporting<'a> {
    layer: &'a Layer,
    reader: Box<dyn Read + Send>,
    bytes: u64,
    told: u64,
}

impl Read for Reporting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if *self.layer.stopped.borrow() {
            return Err(io::Error::other(interrupted(&self.layer.what, "another layer failed")));
        }
        let count = self.reader.read(buffer)?;
        self.bytes += count as u64;
        if self.bytes - self.told >= PROGRESS_STEP {
            self.told = self.bytes;
            self.layer.tell(LayerState::Unpacking, self.bytes);
        }
        Ok(count)
    }
}

/// Writes the documents, then the index: from that moment on the image is in the store.
fn commit(layout: &Layout, incoming: Incoming, layers: Vec<Digest>, size: u64) -> Result<Digest> {
    let id = Digest::of(&incoming.config);
    write_document(layout, &id, &incoming.config)?;
    let manifest = incoming.manifest.map(|bytes| {
        let digest = Digest::of(&bytes);
        write_document(layout, &digest, &bytes).map(|()| digest)
    });
    let manifest = manifest.transpose()?;
    let repo_digests = incoming.repo_digests.into_iter().collect();
    let unsettled = Some(Unsettled::now()?);
    let _lock = layout.lock_index()?;
    let mut index = Index::read(layout)?;
    index.insert(id.clone(), Record { repo_digests, manifest, layers, size, unsettled }, &incoming.references);
    index.write(layout)?;
    Ok(id)
}

fn write_document(layout: &Layout, digest: &Digest, bytes: &[u8]) -> Result<()> {
    let path = layout.blob(digest);
    if path.exists() { Ok(()) } else { Layout::write(&path, bytes, false) }
}

/// Runs what may block on the disk or on a lock where it does not hold up the reactor.
pub(super) async fn blocking<T: Send + 'static>(
    what: &str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    spawn_blocking(work).await.unwrap_or_else(|error| Err(interrupted(what, error)))
}

pub(super) fn interrupted(what: &str, reason: impl fmt::Display) -> Error {
    Error::Interrupted { what: what.to_owned(), reason: reason.to_string() }
}
