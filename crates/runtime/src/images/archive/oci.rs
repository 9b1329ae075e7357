//! OCI image layouts (OCI image specification, section "Image Layout").

use super::{Files, docker};
use crate::images::{
    Error, ImageReference, Result,
    digest::Digest,
    ingest::{Incoming, LayerBlob},
    platform,
};
use oci_spec::image::{Descriptor, ImageIndex, ImageManifest};

/// A full name, as containerd, nerdctl and Docker write it.
const NAME_ANNOTATION: &str = "io.containerd.image.name";
/// By the specification a tag, but many tools write a full name.
const REF_NAME_ANNOTATION: &str = "org.opencontainers.image.ref.name";
/// Indexes within indexes; one level is usual.
const DEEPEST_INDEX: usize = 4;

pub(super) fn images(files: &Files, index: &[u8]) -> Result<Vec<Incoming>> {
    let index: ImageIndex = parse(files, "index.json", index)?;
    let ours = |descriptor: &&Descriptor| {
        descriptor.platform().as_ref().is_none_or(|platform| platform::fits(platform, platform::architecture()))
    };
    let images = index.manifests().iter().filter(ours).map(|descriptor| image(files, descriptor));
    let images = images.collect::<Result<Vec<_>>>()?;
    if images.is_empty() {
        return Err(platform::none(files.name(), index.manifests(), platform::architecture()));
    }
    Ok(images)
}

fn image(files: &Files, named: &Descriptor) -> Result<Incoming> {
    let (bytes, manifest) = manifest(files, named, 0)?;
    let config = blob(files, manifest.config())?;
    let mut references: Vec<ImageReference> = name(named).map(str::parse).transpose()?.into_iter().collect();
    if references.is_empty() {
        references = docker::references(files, &Digest::of(&config))?;
    }
    let what = references.first().map_or_else(|| files.name().to_owned(), ToString::to_string);
    let repo_digests = references.iter().map(|reference| format!("{}@{}", reference.name(), named.digest())).collect();
    let layers = manifest.layers().iter().map(|layer| layer_blob(&what, layer)).collect::<Result<_>>()?;
    Ok(Incoming { what, config, manifest: Some(bytes), layers, references, repo_digests })
}

/// The manifest that a descriptor stands for, with an index's choice for this machine made.
fn manifest(files: &Files, descriptor: &Descriptor, depth: usize) -> Result<(Vec<u8>, ImageManifest)> {
    let what = format!("{} {}", descriptor.media_type(), descriptor.digest());
    let bytes = blob(files, descriptor)?;
    let Ok(index) = serde_json::from_slice::<ImageIndex>(&bytes) else {
        let manifest = parse(files, &what, &bytes)?;
        return Ok((bytes, manifest));
    };
    if depth == DEEPEST_INDEX {
        return Err(Error::corrupted(files.name(), "too many indexes within one another"));
    }
    manifest(files, platform::choose(files.name(), index.manifests(), platform::architecture())?, depth + 1)
}

fn layer_blob(what: &str, descriptor: &Descriptor) -> Result<LayerBlob> {
    let digest = Digest::parse(what, descriptor.digest().as_ref())?;
    Ok(LayerBlob { location: path(&digest), digest: Some(digest), size: descriptor.size() })
}

/// A document, verified.
fn blob(files: &Files, descriptor: &Descriptor) -> Result<Vec<u8>> {
    let expected = Digest::parse(files.name(), descriptor.digest().as_ref())?;
    let bytes = files.required_document(&path(&expected))?;
    let what = format!("{} of {}", path(&expected), files.name());
    expected.verify(&what, &Digest::of(&bytes))?;
    Ok(bytes)
}

fn path(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

/// The full name that an index gives to an image; a mere tag is none.
fn name(descriptor: &Descriptor) -> Option<&str> {
    let annotations = descriptor.annotations().as_ref()?;
    let reference = || annotations.get(REF_NAME_ANNOTATION).filter(|name| name.contains([':', '/']));
    annotations.get(NAME_ANNOTATION).or_else(reference).map(String::as_str)
}

fn parse<T: serde::de::DeserializeOwned>(files: &Files, document: &str, json: &[u8]) -> Result<T> {
    serde_json::from_slice(json).map_err(|error| Error::corrupted(format!("{document} of {}", files.name()), error))
}
