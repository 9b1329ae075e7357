//! Deletes what nothing needs: layers and documents without an image or lease, and what a crash left half-made.

use super::{
    Error, Result,
    digest::Digest,
    index::Index,
    layout::Layout,
    leases::{self, Lease},
    settle, unsettled,
};
use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs::{self, DirEntry},
    io,
    path::{Path, PathBuf},
};

/// What in the store must stay.
#[derive(Debug, Default, PartialEq, Eq)]
struct Needed {
    /// Layers of images, as they are found.
    layers: BTreeSet<PathBuf>,
    /// Layers of running containers, in whatever way they were unpacked when the container was started.
    held: BTreeSet<Digest>,
    /// Names of documents.
    blobs: BTreeSet<String>,
}

impl Needed {
    fn by<'a>(index: &Index, leases: impl Iterator<Item = &'a Lease>, folder: impl Fn(&Digest) -> PathBuf) -> Self {
        let mut needed = Self::default();
        for (id, record) in &index.images {
            needed.blobs.insert(id.hex().to_owned());
            needed.blobs.extend(record.manifest.iter().map(|digest| digest.hex().to_owned()));
            needed.layers.extend(record.layers.iter().map(&folder));
        }
        needed.held.extend(leases.flat_map(|lease| lease.layers.iter().cloned()));
        needed
    }

    fn has_layer(&self, folder: &Path) -> bool {
        let name = folder.file_name().and_then(OsStr::to_str).unwrap_or_default();
        self.layers.contains(folder) || self.held.iter().any(|layer| Layout::is_of_layer(name, layer))
    }
}

/// Sweeps, unless a load or pull runs somewhere: then it will sweep when it is done.
pub(super) fn sweep(layout: &Layout) -> Result<()> {
    let discarded = {
        let Some(_nobody_ingests) = layout.try_lock_for_sweep()? else { return Ok(()) };
        let _index = layout.lock_index()?;
        let mut index = Index::read(layout)?;
        let boot = unsettled::boot_id()?;
        let lost = settle::drop_lost(&mut index, &boot);
        if !lost.is_empty() {
            tracing::warn!(images = ?lost, "these were not safe on disk when the power failed: load or pull them again");
            index.write(layout)?;
        }
        let (leases, ended): (Vec<_>, Vec<_>) =
            leases::all(layout)?.into_iter().partition(|(_, lease)| lease.boot == boot);
        let needed = Needed::by(&index, leases.iter().map(|(_, lease)| lease), |layer| layout.layer_as_found(layer));
        discard(&layout.blobs(), |name| !needed.blobs.contains(name))?;
        discard(&layout.leases(), |name| Layout::is_temporary(name) || ended.iter().any(|(holder, _)| holder == name))?;
        discard(layout.root(), Layout::is_temporary)?;
        discard(&layout.layers(), |name| !needed.has_layer(&layout.layers().join(name)))?
    };
    // Deleting many files takes a while, and their new names are nobody else's: nobody has to wait for this.
    for path in discarded {
        remove(&path, crate::remove_directory(&path))?;
    }
    Ok(())
}

/// Removes files, and renames folders so that they no longer count; returns the folders' new names.
fn discard(folder: &Path, unneeded: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>> {
    let failed = |error| Error::io("reading", folder, error);
    let entries: io::Result<Vec<DirEntry>> = fs::read_dir(folder).map_err(failed)?.collect();
    let mut discarded = Vec::new();
    for entry in entries.map_err(failed)? {
        if !entry.file_name().to_str().is_none_or(&unneeded) {
            continue;
        }
        let path = entry.path();
        if entry.file_type().map_err(failed)?.is_dir() {
            discarded.push(Layout::discard(&path)?);
        } else {
            remove(&path, fs::remove_file(&path))?;
        }
    }
    Ok(discarded)
}

fn remove(path: &Path, result: io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("removing", path, error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::index::Record, *};

    #[test]
    fn images_and_leases_need_their_layers_and_images_their_documents() {
        let [config, manifest, base, top, held] = [b"c", b"m", b"b", b"t", b"h"].map(|content| Digest::of(content));
        let mut index = Index::default();
        let layers = vec![base.clone(), top.clone()];
        let record = Record {
            repo_digests: BTreeSet::new(),
            manifest: Some(manifest.clone()),
            layers,
            size: 0,
            unsettled: None,
        };
        index.insert(config.clone(), record, &[]);
        let lease = Lease { boot: String::new(), image: Digest::of(b"gone"), layers: vec![base.clone(), held.clone()] };
        // The top layer is still as an older minke unpacked it.
        let folder = |layer: &Digest| PathBuf::from(if *layer == top { top.short().to_owned() } else { new(layer) });
        let needed = Needed::by(&index, [lease].iter(), folder);
        let hex = |digests: &[&Digest]| digests.iter().map(|digest| digest.hex().to_owned()).collect();
        assert_eq!(needed.blobs, hex(&[&config, &manifest]));
        for (name, expected) in [
            (new(&base), true),
            (base.short().to_owned(), true),
            (top.short().to_owned(), true),
            (new(&top), false),
            (new(&held), true),
            (held.short().to_owned(), true),
            (new(&config), false),
        ] {
            assert_eq!(needed.has_layer(Path::new(&name)), expected, "{name}");
        }
    }

    fn new(layer: &Digest) -> String {
        format!("{}.2", layer.short())
    }
}
