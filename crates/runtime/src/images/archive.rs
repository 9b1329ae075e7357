//! Loads images from archives: Docker's own format, and OCI image layouts as a folder or packed.

mod docker;
mod files;
mod oci;

use self::files::Files;
use super::{
    Error, Result,
    digest::Digest,
    ingest::{Incoming, Ingest, LayerBlob, LayerSource, Stopped, blocking},
};
use futures::{FutureExt, future::BoxFuture};
use std::{io::Read, path::PathBuf, sync::Arc};

/// More than any manifest, index or config needs (containerd's limit).
const LARGEST_DOCUMENT: u64 = 8 << 20;

/// Where to load images from.
pub enum Source {
    /// An archive (docker-archive or OCI; plain, gzip, zstd, xz or bzip2) or an OCI layout directory.
    Path(PathBuf),
    /// An archive that comes as a stream, such as standard input.
    Reader(Box<dyn Read + Send>),
}

/// Loads what an archive has for this machine; returns the images' ids, each with the names that the archive gives it.
pub(super) async fn load(ingest: &Ingest, source: Source) -> Result<Vec<(Digest, Vec<String>)>> {
    let root = ingest.layout.root().to_owned();
    let opened = blocking("reading an archive", move || {
        let files = Files::open(source, &root)?;
        let images = images(&files)?;
        Ok((files, images))
    });
    let (files, images) = opened.await?;
    let files = Arc::new(files);
    let mut loaded = Vec::new();
    for image in images {
        let names = image.references.iter().map(ToString::to_string).collect();
        loaded.push((ingest.bring(image, Arc::clone(&files) as Arc<dyn LayerSource>).await?, names));
    }
    Ok(loaded)
}

/// What the archive says it has. One that is both (Docker 25 and later) is taken as OCI, which has digests.
fn images(files: &Files) -> Result<Vec<Incoming>> {
    if let Some(index) = files.document("index.json")? {
        return oci::images(files, &index);
    }
    if let Some(manifest) = files.document(docker::MANIFEST)? {
        return docker::images(files, &manifest);
    }
    Err(Error::corrupted(files.name(), "neither a docker-archive (no manifest.json) nor an OCI image (no index.json)"))
}

impl LayerSource for Files {
    fn open(&self, blob: LayerBlob, _: Stopped) -> BoxFuture<'_, Result<Box<dyn Read + Send>>> {
        let files = self.clone();
        blocking("opening a file of an archive", move || files.open_file(&blob.location)).boxed()
    }
}
