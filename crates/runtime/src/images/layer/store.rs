//! The layers on disk: each is unpacked once, whole or not at all.

use super::{
    decompress::decompress,
    unpack::{read_error, unpack},
};
use crate::images::{
    Error, Result,
    digest::{Digest, Hashing},
    layout::{BELOW, FILES, Layout},
};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::{BufReader, Read},
};

/// Where the bytes of a layer come from, and what they must be.
pub(in crate::images) struct Blob<R> {
    /// The layer's name in errors.
    pub name: String,
    /// The digest of the bytes as they come, if a manifest says it.
    pub digest: Option<Digest>,
    /// How many they are, if a manifest says it.
    pub size: Option<u64>,
    pub reader: R,
}

/// What is remembered of a layer, beside its files.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Description {
    diff_id: Digest,
    /// Bytes of its files.
    size: u64,
}

/// The folder `layers`.
#[derive(Debug, Clone)]
pub(in crate::images) struct LayerStore {
    layout: Layout,
}

impl LayerStore {
    pub fn new(layout: Layout) -> Self {
        Self { layout }
    }

    /// The size of a layer's files in bytes, if the layer is present.
    pub fn size(&self, diff_id: &Digest) -> Result<Option<u64>> {
        let path = self.layout.layer(diff_id).join("layer.json");
        let json = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            json => json.map_err(|error| Error::io("reading", &path, error))?,
        };
        let description: Description =
            serde_json::from_slice(&json).map_err(|error| Error::corrupted(path.display().to_string(), error))?;
        description.diff_id.verify(&path.display().to_string(), diff_id)?;
        Ok(Some(description.size))
    }

    /// Unpacks and verifies a layer. The caller holds the layer's lock and knows that it is not present.
    pub fn add<R: Read>(&self, diff_id: &Digest, blob: Blob<R>) -> Result<()> {
        let target = self.layout.layer(diff_id);
        let temporary = Layout::create_temporary(&target)?;
        let added = (|| {
            let (files, below) = (temporary.join(FILES), temporary.join(BELOW));
            fs::create_dir(&files).map_err(|error| Error::io("creating", &files, error))?;
            let size = verified(diff_id, blob, |what, archive| unpack(what, archive, &files, &below))?;
            let description = temporary.join("layer.json");
            let json = serde_json::to_vec(&Description { diff_id: diff_id.clone(), size })
                .map_err(|error| Error::corrupted(description.display().to_string(), error))?;
            fs::write(&description, json).map_err(|error| Error::io("writing", &description, error))?;
            fs::rename(&temporary, &target).map_err(|error| Error::io("finishing", &target, error))
        })();
        if added.is_err() {
            // Should this fail too, the sweep will do it.
            let _ = crate::remove_directory(&temporary);
        }
        added
    }
}

/// Runs `unpack` over the decompressed archive; believes it only if all bytes are those that were promised.
fn verified<R: Read>(
    diff_id: &Digest,
    blob: Blob<R>,
    unpack: impl FnOnce(&str, &mut dyn Read) -> Result<u64>,
) -> Result<u64> {
    let Blob { name, digest, size: promised, reader } = blob;
    // One byte more than there should be tells that there are too many; the rest of them is nobody's business.
    let limit = promised.map_or(u64::MAX, |size| size.saturating_add(1));
    let mut compressed = Hashing::new(reader.take(limit));
    let (unpacked, diff) = {
        let decompressed = decompress(&mut compressed).map_err(|error| read_error(&name, error))?;
        let mut archive = Hashing::new(decompressed);
        let unpacked = unpack(&name, &mut BufReader::with_capacity(64 << 10, &mut archive));
        // Wrong bytes explain a broken archive better than what the parser stumbled over.
        match unpacked {
            Ok(_) | Err(Error::Corrupted { .. }) => {
                (unpacked, archive.finish().map_err(|error| read_error(&name, error)))
            }
            Err(error) => return Err(error),
        }
    };
    let actual = compressed.finish().map_err(|error| read_error(&name, error))?;
    check_size(&name, promised, compressed.count(), |count, promised| count <= promised)?;
    if let Some(expected) = digest {
        expected.verify(&name, &actual)?;
    }
    check_size(&name, promised, compressed.count(), |count, promised| count == promised)?;
    let size = unpacked?;
    diff_id.verify(&format!("{name} (uncompressed)"), &diff?)?;
    Ok(size)
}

/// Too many bytes are told before, as not all of them were read; too few explain less than a wrong digest does.
fn check_size(what: &str, promised: Option<u64>, actual: u64, fits: impl Fn(u64, u64) -> bool) -> Result<()> {
    match promised {
        Some(expected) if !fits(actual, expected) => {
            Err(Error::SizeMismatch { what: what.to_owned(), expected, actual })
        }
        _ => Ok(()),
    }
}
