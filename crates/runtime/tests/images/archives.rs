//! Images made on the spot, and the archives that hold them.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt::Write as _, fs, io::Write as _, path::Path};

pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// An image before it is packed in any way.
#[derive(Clone)]
pub struct TestImage {
    pub config: Vec<u8>,
    /// Uncompressed archives, bottom to top.
    pub layers: Vec<Vec<u8>>,
}

/// How a layer is compressed.
#[derive(Clone, Copy)]
pub enum Compression {
    None,
    Gzip,
    Zstd,
    Xz,
    Bzip2,
}

/// An image as registries and OCI layouts have it.
#[derive(Clone)]
pub struct OciImage {
    pub manifest: Vec<u8>,
    /// Config, layers and manifest by digest.
    pub blobs: BTreeMap<String, Vec<u8>>,
    /// Digests of the layers' blobs, bottom to top.
    pub layers: Vec<String>,
}

pub fn digest(bytes: &[u8]) -> String {
    let mut digest = "sha256:".to_owned();
    for byte in Sha256::digest(bytes) {
        write!(digest, "{byte:02x}").unwrap();
    }
    digest
}

/// This machine's architecture as images have it.
pub fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}

/// A tar archive of files.
pub fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// An image with one file a layer.
pub fn image(files: &[(&str, &str)]) -> TestImage {
    let layers: Vec<_> = files.iter().map(|(path, content)| tar(&[(*path, content.as_bytes())])).collect();
    let config = json!({
        "created": "2024-05-06T07:08:09Z", "architecture": architecture(), "os": "linux",
        "config": {"Cmd": ["/hello"], "Env": ["PATH=/bin"], "User": "app", "Volumes": null},
        "rootfs": {"type": "layers", "diff_ids": layers.iter().map(|layer| digest(layer)).collect::<Vec<_>>()},
    });
    TestImage { config: config.to_string().into_bytes(), layers }
}

/// As `docker save` wrote it until version 24.
pub fn docker_archive(images: &[(&TestImage, &[&str])]) -> Vec<u8> {
    let mut files = BTreeMap::new();
    let mut manifest = Vec::new();
    for (image, tags) in images {
        let config = format!("{}.json", &digest(&image.config)[7..]);
        let layers: Vec<_> = image.layers.iter().map(|layer| format!("{}/layer.tar", &digest(layer)[7..39])).collect();
        files.extend(layers.iter().cloned().zip(image.layers.iter().cloned()));
        files.insert(config.clone(), image.config.clone());
        manifest.push(json!({"Config": config, "RepoTags": tags, "Layers": layers}));
    }
    files.insert("manifest.json".to_owned(), Value::from(manifest).to_string().into_bytes());
    pack(&files)
}

/// Packs files in the order of their names.
pub fn pack(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let files: Vec<_> = files.iter().map(|(path, content)| (path.as_str(), content.as_slice())).collect();
    tar(&files)
}

pub fn compress(bytes: &[u8], compression: Compression) -> Vec<u8> {
    match compression {
        Compression::None => bytes.to_vec(),
        Compression::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Zstd => zstd::encode_all(bytes, 1).unwrap(),
        Compression::Xz => {
            let options = lzma_rust2::XzOptions::with_preset(1);
            let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Bzip2 => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
    }
}

impl TestImage {
    /// Compresses the layers, in turn, and writes the manifest.
    pub fn oci(&self, compressions: &[Compression]) -> OciImage {
        let packed = self.layers.iter().zip(compressions.iter().cycle());
        let packed: Vec<_> = packed.map(|(layer, compression)| compress(layer, *compression)).collect();
        let descriptor = |blob: &Vec<u8>| json!({"mediaType": LAYER, "digest": digest(blob), "size": blob.len()});
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": digest(&self.config), "size": self.config.len(),
            },
            "layers": packed.iter().map(descriptor).collect::<Vec<_>>(),
        });
        let manifest = manifest.to_string().into_bytes();
        let layers = packed.iter().map(|blob| digest(blob)).collect();
        let blobs = packed.into_iter().chain([self.config.clone(), manifest.clone()]);
        OciImage { blobs: blobs.map(|blob| (digest(&blob), blob)).collect(), manifest, layers }
    }
}

impl OciImage {
    pub fn digest(&self) -> String {
        digest(&self.manifest)
    }

    /// A descriptor of the manifest, for indexes.
    pub fn descriptor(&self, platform: &Value, annotations: &Value) -> Value {
        json!({
            "mediaType": MANIFEST, "digest": self.digest(), "size": self.manifest.len(),
            "platform": platform, "annotations": annotations,
        })
    }

    /// The files of an OCI layout that has this image alone.
    pub fn layout(&self, annotations: &Value) -> BTreeMap<String, Vec<u8>> {
        layout(&[self], &[self.descriptor(&Value::Null, annotations)])
    }
}

/// The files of an OCI layout.
pub fn layout(images: &[&OciImage], index: &[Value]) -> BTreeMap<String, Vec<u8>> {
    let blobs = images.iter().flat_map(|image| &image.blobs);
    let mut files: BTreeMap<_, _> =
        blobs.map(|(digest, blob)| (format!("blobs/sha256/{}", &digest[7..]), blob.clone())).collect();
    files.insert("oci-layout".to_owned(), br#"{"imageLayoutVersion": "1.0.0"}"#.to_vec());
    files.insert("index.json".to_owned(), index_document(index));
    files
}

pub fn index_document(manifests: &[Value]) -> Vec<u8> {
    json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}).to_string().into_bytes()
}

/// Writes files as they are.
pub fn write(files: &BTreeMap<String, Vec<u8>>, folder: &Path) {
    for (path, content) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}
