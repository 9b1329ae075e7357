//! Writing images as `docker save` does: one layer, its configuration, a manifest. The same input makes the same bytes.

use anyhow::Result;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io;
use tar::{EntryType, Header};

/// A layer in the making: entries owned by root, without times.
pub struct Layer(tar::Builder<Vec<u8>>);

impl Layer {
    pub fn new() -> Layer {
        Layer(tar::Builder::new(Vec::new()))
    }

    pub fn directory(&mut self, path: &str, mode: u32) -> io::Result<()> {
        self.0.append_data(&mut header(EntryType::Directory, mode, 0), path, io::empty())
    }

    pub fn file(&mut self, path: &str, mode: u32, content: &[u8]) -> io::Result<()> {
        self.0.append_data(&mut header(EntryType::Regular, mode, content.len()), path, content)
    }

    pub fn link(&mut self, path: &str, target: &str) -> io::Result<()> {
        self.0.append_link(&mut header(EntryType::Symlink, 0o777, 0), path, target)
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        self.0.into_inner()
    }
}

/// An archive with one image; `config` is the image's `config` object (OCI image specification, config.md).
pub fn docker_archive(reference: &str, config: &Value, layer: Layer) -> Result<Vec<u8>> {
    let layer = layer.finish()?;
    let layer_digest = digest_of(&layer);
    let config = serde_json::to_vec(&json!({
        "architecture": architecture(),
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{layer_digest}")]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "cargo xtask images"}],
    }))?;
    let config_file = format!("{}.json", digest_of(&config));
    let layer_file = format!("{layer_digest}/layer.tar");
    let manifest = json!([{"Config": config_file, "RepoTags": [reference], "Layers": [layer_file]}]);

    let mut archive = Layer::new();
    archive.file(&config_file, 0o644, &config)?;
    archive.directory(&layer_digest, 0o755)?;
    archive.file(&layer_file, 0o644, &layer)?;
    archive.file("manifest.json", 0o644, &serde_json::to_vec(&manifest)?)?;
    Ok(archive.finish()?)
}

/// The SHA-256 of something, in hexadecimal.
pub fn digest_of(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn header(kind: EntryType, mode: u32, size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size as u64);
    header
}

/// The machine's architecture by its name in Go, which images use.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn image() -> Vec<u8> {
        let mut layer = Layer::new();
        layer.directory("bin", 0o755).unwrap();
        layer.file("bin/hello", 0o755, b"hello").unwrap();
        layer.link("bin/greet", "hello").unwrap();
        docker_archive("docker.io/library/hello:latest", &json!({"Cmd": ["hello"]}), layer).unwrap()
    }

    #[test]
    fn the_same_input_makes_the_same_archive() {
        assert_eq!(image(), image());
    }

    #[test]
    fn the_manifest_leads_to_the_config_and_the_layer() {
        let image = image();
        let mut archive = tar::Archive::new(&image[..]);
        let mut files = std::collections::HashMap::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().to_string_lossy().into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            files.insert(path, content);
        }
        let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
        assert_eq!(manifest[0]["RepoTags"][0], "docker.io/library/hello:latest");
        let config = &files[manifest[0]["Config"].as_str().unwrap()];
        let layer = &files[manifest[0]["Layers"][0].as_str().unwrap()];
        let config: Value = serde_json::from_slice(config).unwrap();
        assert_eq!(config["rootfs"]["diff_ids"][0], format!("sha256:{}", digest_of(layer)));
        assert_eq!(config["config"]["Cmd"][0], "hello");
    }
}
