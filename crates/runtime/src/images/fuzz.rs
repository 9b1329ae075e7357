//! What fuzzers feed with whatever they think of: bytes that registries and archives bring. Nothing may panic, take memory
//! without a bound, or reach out of a layer's folder.
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a target says by panicking that something is wrong"
)]

use super::{
    ImageReference,
    config::ConfigDocument,
    layer::{TarReader, decompress, unpack},
    platform,
};
use oci_spec::image::{ImageIndex, ImageManifest};
use std::{
    env, fs,
    io::{self, Read},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

/// The largest layer that is tried, after decompression.
const LARGEST: u64 = 16 << 20;

/// Unpacks a layer: all of it is in its folder, and can be removed. Needs root.
pub fn layers(data: &[u8]) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = env::temp_dir().join(format!("minke-fuzz-{}-{number}", process::id()));
    let parts = ["layer", "outside", "below"].map(|name| folder.join(name));
    let [layer, outside, below] = &parts;
    fs::create_dir_all(layer).unwrap();
    fs::create_dir(outside).unwrap();
    if let Ok(decompressed) = decompress(data) {
        let _ = unpack("fuzzed", decompressed.take(LARGEST), layer, below);
    }
    assert_eq!(fs::read_dir(outside).unwrap().count(), 0);
    assert!(fs::read_dir(&folder).unwrap().all(|entry| parts.contains(&entry.unwrap().path())));
    crate::remove_directory(&folder).unwrap();
    if let Ok(decompressed) = decompress(data) {
        read_members(decompressed.take(LARGEST));
    }
}

/// Reads members and their content to the end or the first fault.
fn read_members(archive: impl Read) {
    let mut archive = TarReader::new(archive);
    while let Ok(Some(_)) = archive.next_member() {
        if io::copy(&mut archive, &mut io::sink()).is_err() {
            return;
        }
    }
}

/// Parses a reference: what it is written as means the same.
pub fn references(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(reference) = text.parse::<ImageReference>() else { return };
    let written = reference.to_string();
    assert!(written.parse().is_ok_and(|again: ImageReference| again == reference), "{text:?} is written {written:?}");
}

/// Parses manifests, indexes and configs.
pub fn manifests(data: &[u8]) {
    let _ = serde_json::from_slice::<ImageManifest>(data);
    let _ = ConfigDocument::parse("fuzzed", data).map(ConfigDocument::into_image_config);
    if let Ok(index) = serde_json::from_slice::<ImageIndex>(data) {
        let _ = platform::choose("fuzzed", index.manifests(), platform::architecture());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_inputs_show_no_fault() {
        for data in [
            &b""[..],
            b"busybox:1.36",
            b"{\"manifests\":[{}]}",
            &[0; 2048],
            b"BZh9",
            b"\xfd7zXZ\0",
            b"\x28\xb5\x2f\xfd",
        ] {
            layers(data);
            references(data);
            manifests(data);
        }
    }
}
