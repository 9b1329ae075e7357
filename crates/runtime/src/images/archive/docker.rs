//! The format of `docker save` (Docker image specification v1.2, section "Combined Image JSON + Filesystem Changeset Format").

use super::Files;
use crate::images::{
    Error, ImageReference, Result,
    digest::Digest,
    ingest::{Incoming, LayerBlob},
};
use serde::Deserialize;

pub(super) const MANIFEST: &str = "manifest.json";

/// An image of the archive.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Image {
    config: String,
    repo_tags: Option<Vec<String>>,
    layers: Option<Vec<String>>,
}

pub(super) fn images(files: &Files, manifest: &[u8]) -> Result<Vec<Incoming>> {
    parse(files, manifest)?.into_iter().map(|image| incoming(files, image)).collect()
}

/// The names that the archive gives to the image with this config, for OCI indexes that give none.
pub(super) fn references(files: &Files, config: &Digest) -> Result<Vec<ImageReference>> {
    let Some(manifest) = files.document(MANIFEST)? else { return Ok(Vec::new()) };
    let mut images = parse(files, &manifest)?.into_iter();
    let image = images.find(|image| image.config.trim_end_matches(".json").ends_with(config.hex()));
    parse_tags(image.and_then(|image| image.repo_tags))
}

fn incoming(files: &Files, image: Image) -> Result<Incoming> {
    let config = files.required_document(&image.config)?;
    let references = parse_tags(image.repo_tags)?;
    let what = references.first().map_or_else(|| files.name().to_owned(), ToString::to_string);
    if let Some(expected) = named_digest(&image.config) {
        expected.verify(&format!("config of {what}"), &Digest::of(&config))?;
    }
    let layers = image.layers.unwrap_or_default().into_iter();
    let layers = layers.map(|location| LayerBlob { location, digest: None, size: 0 }).collect();
    Ok(Incoming { what, config, manifest: None, layers, references, repo_digests: Vec::new() })
}

/// `<digest>.json` or `blobs/sha256/<digest>`; older archives may have other names.
fn named_digest(path: &str) -> Option<Digest> {
    let name = path.rsplit('/').next().unwrap_or(path);
    Digest::parse("config", &format!("sha256:{}", name.trim_end_matches(".json"))).ok()
}

fn parse(files: &Files, manifest: &[u8]) -> Result<Vec<Image>> {
    let what = || format!("{MANIFEST} of {}", files.name());
    serde_json::from_slice(manifest).map_err(|error| Error::corrupted(what(), error))
}

fn parse_tags(tags: Option<Vec<String>>) -> Result<Vec<ImageReference>> {
    tags.unwrap_or_default().iter().map(|tag| tag.parse()).collect()
}
