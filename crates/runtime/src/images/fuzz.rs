//! What fuzzers feed with whatever they think of: bytes that registries and archives bring. Nothing may panic, take memory
//! without a bound, or reach out of a layer's folder.

use super::{
    ImageReference,
    config::ConfigDocument,
    layer::{TarReader, decompress, unpack},
    platform,
};
use oci_spec::image::{ImageIndex, ImageManifest};
use std::{fs, io, path::Path};

/// The largest layer that is tried, after decompression.
const LARGEST: u64 = 16 << 20;

/// Reads an archive's members and their content.
pub fn archive(bytes: &[u8]) {
    let Ok(decompressed) = decompress(bytes) else { return };
    let mut archive = TarReader::new(io::Read::take(decompressed, LARGEST));
    while let Ok(Some(_)) = archive.next_member() {
        if io::copy(&mut archive, &mut io::sink()).is_err() {
            return;
        }
    }
}

/// Unpacks a layer in a folder, which must exist; fails unless all of it is in there. Needs root.
pub fn layer(bytes: &[u8], folder: &Path) {
    let (root, outside) = (folder.join("root"), folder.join("outside"));
    for directory in [&root, &outside] {
        fs::create_dir_all(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    }
    if let Ok(decompressed) = decompress(bytes) {
        let _ = unpack("fuzzed", io::Read::take(decompressed, LARGEST), &root, &folder.join("below"));
    }
    let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    assert!(names.into_iter().all(|name| ["root", "outside", "below"].iter().any(|known| name == **known)));
    assert!(fs::read_dir(&outside).is_ok_and(|mut entries| entries.next().is_none()));
    crate::remove_directory(&root).unwrap_or_else(|error| panic!("what was unpacked can be removed: {error}"));
}

/// Parses a reference: what it is written as means the same.
pub fn reference(text: &str) {
    let Ok(reference) = text.parse::<ImageReference>() else { return };
    let written = reference.to_string();
    let again = written.parse::<ImageReference>();
    assert!(again.is_ok_and(|again| again == reference), "{text:?} is written {written:?}");
}

/// Parses manifests, indexes and configs.
pub fn documents(bytes: &[u8]) {
    let _ = serde_json::from_slice::<ImageManifest>(bytes);
    let _ = ConfigDocument::parse("fuzzed", bytes).map(ConfigDocument::into_image_config);
    if let Ok(index) = serde_json::from_slice::<ImageIndex>(bytes) {
        let _ = platform::choose("fuzzed", index.manifests(), platform::architecture());
    }
}
