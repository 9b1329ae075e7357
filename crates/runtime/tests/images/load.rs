//! Loading: what the formats are, and what broken archives do.

use super::{
    archives::{
        Compression, TestImage, architecture, compress, digest, docker_archive, image, layout, pack, tar, write,
    },
    assert_empty, assert_layers, load, read,
};
use runtime::images::{Image, ImageStore, Source};
use serde_json::{Value, json};
use std::{fs, sync::Arc};
use tempfile::tempdir;

const ALL: [Compression; 5] =
    [Compression::None, Compression::Gzip, Compression::Zstd, Compression::Xz, Compression::Bzip2];

fn hello() -> TestImage {
    image(&[("base", "b"), ("etc/passwd", "app:x:42:43::/home/app:/bin/sh\n"), ("hello", "world")])
}

fn assert_hello(image: &Image) {
    assert_eq!(image.id, digest(&hello().config));
    assert_eq!(read(image, "hello").as_deref(), Some("world"));
    assert_eq!(image.layers.len(), 3);
    assert_eq!(image.config.cmd, ["/hello"]);
    assert_eq!(image.created.as_deref(), Some("2024-05-06T07:08:09Z"));
    assert_eq!(image.architecture, architecture());
    assert_eq!(image.size, 37);
    let user = image.resolve_user(&image.config.user).unwrap();
    assert_eq!((user.uid, user.gid, user.home.as_str()), (42, 43, "/home/app"));
}

#[tokio::test]
async fn docker_archives_load_however_they_come() {
    let archive = docker_archive(&[(&hello(), &["hello", "quay.io/me/hello:v1"])]);
    let folder = tempdir().unwrap();
    for (number, compression) in ALL.into_iter().enumerate() {
        let packed = compress(&archive, compression);
        let path = folder.path().join("archive");
        fs::write(&path, &packed).unwrap();
        let reader = Box::new(std::io::Cursor::new(packed));
        for source in [Source::Path(path), Source::Reader(reader)] {
            let store = ImageStore::open(&folder.path().join(format!("store-{number}"))).unwrap();
            let loaded = store.load(source, Arc::new(())).await.unwrap();
            assert_eq!(loaded[0].names, ["docker.io/library/hello:latest", "quay.io/me/hello:v1"]);
            let loaded: Vec<_> = loaded.into_iter().map(|loaded| loaded.image).collect();
            assert_eq!(loaded.len(), 1);
            assert_hello(&loaded[0]);
            assert_eq!(loaded[0].references, ["docker.io/library/hello:latest", "quay.io/me/hello:v1"]);
            assert_eq!(store.get("hello").unwrap().unwrap(), loaded[0]);
            assert_eq!(store.list().unwrap(), loaded);
        }
    }
}

#[tokio::test]
async fn oci_layouts_load_as_folders_and_archives() {
    let oci = hello().oci(&[Compression::Gzip, Compression::Zstd, Compression::None]);
    let files = oci.layout(&json!({"org.opencontainers.image.ref.name": "quay.io/me/hello:v1"}));
    let folder = tempdir().unwrap();
    write(&files, &folder.path().join("layout"));
    fs::write(folder.path().join("archive.tar.gz"), compress(&pack(&files), Compression::Gzip)).unwrap();
    for name in ["layout", "archive.tar.gz"] {
        let store = ImageStore::open(&folder.path().join(format!("{name}-store"))).unwrap();
        let loaded = store.load(Source::Path(folder.path().join(name)), Arc::new(())).await.unwrap();
        let loaded: Vec<_> = loaded.into_iter().map(|loaded| loaded.image).collect();
        assert_hello(&loaded[0]);
        assert_eq!(loaded[0].references, ["quay.io/me/hello:v1"]);
        assert_eq!(loaded[0].repo_digests, [format!("quay.io/me/hello@{}", oci.digest())]);
        assert!(store.get(&format!("quay.io/me/hello@{}", oci.digest())).unwrap().is_some());
    }
}

#[tokio::test]
async fn names_come_from_where_the_tools_write_them() {
    let image = hello();
    let oci = image.oci(&[Compression::Gzip]);
    let docker = json!([{"Config": format!("blobs/sha256/{}", &digest(&image.config)[7..]),
        "RepoTags": ["from-docker:1"], "Layers": []}]);
    let table: [(Value, bool, &[&str]); 6] = [
        (json!({"io.containerd.image.name": "docker.io/library/a:1"}), false, &["docker.io/library/a:1"]),
        (
            json!({"io.containerd.image.name": "a:1", "org.opencontainers.image.ref.name": "1"}),
            true,
            &["docker.io/library/a:1"],
        ),
        (json!({"org.opencontainers.image.ref.name": "a:1"}), false, &["docker.io/library/a:1"]),
        (json!({"org.opencontainers.image.ref.name": "latest"}), false, &[]),
        (json!({"org.opencontainers.image.ref.name": "latest"}), true, &["docker.io/library/from-docker:1"]),
        (Value::Null, false, &[]),
    ];
    for (annotations, with_docker, expected) in table {
        let folder = tempdir().unwrap();
        let store = ImageStore::open(folder.path()).unwrap();
        let mut files = oci.layout(&annotations);
        if with_docker {
            files.insert("manifest.json".to_owned(), docker.to_string().into_bytes());
        }
        let loaded = load(&store, &pack(&files)).await.unwrap();
        assert_eq!(loaded[0].references, expected, "{annotations}");
        assert!(store.get(&loaded[0].id).unwrap().is_some());
    }
}

#[tokio::test]
async fn of_several_platforms_the_machines_own_is_loaded() {
    let ours = hello().oci(&[Compression::Gzip]);
    let foreign = image(&[("foreign", "x")]).oci(&[Compression::Gzip]);
    let platform = |architecture: &str| json!({"os": "linux", "architecture": architecture});
    let named = json!({"io.containerd.image.name": "multi"});
    let descriptors = [
        foreign.descriptor(&platform("s390x"), &Value::Null),
        ours.descriptor(&platform(architecture()), &Value::Null),
    ];
    let nested = super::archives::index_document(&descriptors);
    let mut files = layout(
        &[&ours],
        &[json!({
            "mediaType": super::archives::INDEX, "digest": digest(&nested), "size": nested.len(), "annotations": named,
        })],
    );
    files.insert(format!("blobs/sha256/{}", &digest(&nested)[7..]), nested);
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    assert_hello(&load(&store, &pack(&files)).await.unwrap()[0]);

    let foreign_only = layout(&[&foreign], &[foreign.descriptor(&platform("s390x"), &named)]);
    let error = load(&store, &pack(&foreign_only)).await.unwrap_err().to_string();
    let expected = format!(
        "no match for platform linux/{} in archive from a stream (it has linux/s390x): not found",
        architecture()
    );
    assert_eq!(error, expected);
}

#[tokio::test]
async fn only_the_names_of_this_archive_are_told() {
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    load(&store, &docker_archive(&[(&hello(), &["old:1"])])).await.unwrap();
    for names in [&["new:1", "new:2"][..], &[]] {
        let source = Source::Reader(Box::new(std::io::Cursor::new(docker_archive(&[(&hello(), names)]))));
        let loaded = store.load(source, Arc::new(())).await.unwrap();
        let full: Vec<_> = names.iter().map(|name| format!("docker.io/library/{name}")).collect();
        assert_eq!(loaded[0].names, full);
        assert_eq!(loaded[0].image.references.len(), 3);
    }
}

#[tokio::test]
async fn a_layer_has_as_many_bytes_as_the_manifest_says() {
    let good = hello().oci(&[Compression::Gzip]);
    let size = good.blobs[&good.layers[1]].len();
    for wrong in [size - 1, size + 1, 0] {
        let manifest = String::from_utf8(good.manifest.clone()).unwrap();
        let (before, after) = (format!("\"size\":{size}"), format!("\"size\":{wrong}"));
        assert!(manifest.contains(&before), "{manifest}");
        let mut bad = good.clone();
        bad.blobs.remove(&good.digest());
        bad.manifest = manifest.replace(&before, &after).into_bytes();
        bad.blobs.insert(bad.digest(), bad.manifest.clone());
        let folder = tempdir().unwrap();
        let store = ImageStore::open(folder.path()).unwrap();
        let error = load(&store, &pack(&bad.layout(&Value::Null))).await.unwrap_err().to_string();
        assert!(error.contains(&format!("size mismatch: expected {wrong} bytes, got ")), "{error}");
        assert_empty(&store, &error);
    }
}

#[tokio::test]
async fn a_layer_of_very_deep_directories_loads_and_is_removed() {
    let deep: std::path::PathBuf = std::iter::repeat_n("directory", 1500).collect();
    let file = deep.join("file");
    let layer = tar(&[(file.to_str().unwrap(), b"deep")]);
    let mut image = image(&[]);
    let config: Value = serde_json::from_slice(&image.config).unwrap();
    let mut config = config;
    config["rootfs"]["diff_ids"] = json!([digest(&layer)]);
    (image.config, image.layers) = (config.to_string().into_bytes(), vec![layer]);
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    let loaded = load(&store, &docker_archive(&[(&image, &["deep"])])).await.unwrap();
    assert_eq!(loaded[0].size, 4);
    store.remove("deep").await.unwrap();
    assert_empty(&store, "removed");
}

#[tokio::test]
async fn nobody_but_root_may_look_into_the_store() {
    use std::os::unix::fs::PermissionsExt;
    // CVE-2024-25621: programs with setuid bits, of any age, for every user of the machine.
    let folder = tempdir().unwrap();
    let root = folder.path().join("images");
    ImageStore::open(&root).unwrap();
    for name in ["", "layers", "blobs/sha256", "leases"] {
        assert_eq!(fs::metadata(root.join(name)).unwrap().permissions().mode() & 0o777, 0o700, "{name}");
    }
}

#[tokio::test]
async fn shared_layers_are_stored_once() {
    let (one, two) = (image(&[("base", "b"), ("one", "1")]), image(&[("base", "b"), ("two", "2"), ("base", "b")]));
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    load(&store, &docker_archive(&[(&one, &["one"]), (&two, &["two"])])).await.unwrap();
    assert_layers(&store, 3);
    let (one, two) = (store.get("one").unwrap().unwrap(), store.get("two").unwrap().unwrap());
    assert_eq!(one.layers[0], two.layers[0]);
    assert_eq!(two.layers.len(), 3);
}

#[tokio::test]
async fn layers_that_are_links_to_others_load() {
    let image = hello();
    let mut builder = tar::Builder::new(docker_archive(&[]));
    builder.get_mut().clear();
    let config = "config.json";
    let mut append = |path: &str, content: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, path, content).unwrap();
    };
    for (number, layer) in image.layers.iter().enumerate() {
        append(&format!("real/{number}.tar"), layer);
    }
    append(config, &image.config);
    let layers = ["0/layer.tar", "1/layer.tar", "2/layer.tar"];
    append("manifest.json", json!([{"Config": config, "RepoTags": ["x"], "Layers": layers}]).to_string().as_bytes());
    for (number, path) in layers.iter().enumerate() {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        builder.append_link(&mut header, path, format!("../real/{number}.tar")).unwrap();
    }
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    assert_hello(&load(&store, &builder.into_inner().unwrap()).await.unwrap()[0]);
}

#[tokio::test]
async fn a_tag_loaded_again_moves() {
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    let old = load(&store, &docker_archive(&[(&hello(), &["app"])])).await.unwrap();
    let new = load(&store, &docker_archive(&[(&image(&[("new", "1")]), &["app"])])).await.unwrap();
    assert_eq!(store.get("app").unwrap().unwrap().id, new[0].id);
    assert_eq!(store.get(&old[0].id).unwrap().unwrap().references, Vec::<String>::new());
}

#[tokio::test]
async fn a_truncated_archive_leaves_nothing() {
    let archive = docker_archive(&[(&hello(), &["hello"])]);
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    for length in (0..archive.len() - 1024).step_by(700) {
        assert!(load(&store, &archive[..length]).await.is_err(), "{length}");
        assert_empty(&store, &length.to_string());
    }
    let packed = compress(&archive, Compression::Gzip);
    for length in (0..packed.len()).step_by(50) {
        assert!(load(&store, &packed[..length]).await.is_err(), "{length}");
        assert_empty(&store, &length.to_string());
    }
}

#[tokio::test]
async fn damage_is_named_with_both_digests_and_leaves_nothing() {
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    for compression in ALL {
        let oci = hello().oci(&[compression]);
        let damaged = b"something else entirely".to_vec();
        for blob in oci.blobs.keys() {
            let mut files = oci.layout(&Value::Null);
            files.insert(format!("blobs/sha256/{}", &blob[7..]), damaged.clone());
            let error = load(&store, &pack(&files)).await.unwrap_err().to_string();
            let expected = format!("digest mismatch: expected {blob}, got {}", digest(&damaged));
            assert!(error.contains(&expected), "{error}");
            assert_empty(&store, &error);
        }
    }
}

#[tokio::test]
async fn a_layer_that_is_not_the_configs_is_refused() {
    let mut image = hello();
    let expected = digest(&image.layers[1]);
    image.layers[1] = tar(&[("evil", b"x")]);
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    for archive in [docker_archive(&[(&image, &["x"])]), pack(&image.oci(&ALL).layout(&Value::Null))] {
        let error = load(&store, &archive).await.unwrap_err().to_string();
        assert!(error.contains(&format!("expected {expected}, got {}", digest(&image.layers[1]))), "{error}");
        assert_empty(&store, &error);
    }
}

#[tokio::test]
async fn what_is_no_image_is_called_so() {
    let table: [(Vec<u8>, &str); 7] = [
        (b"not an archive".repeat(100), "what would be its first header has a wrong checksum"),
        (Vec::new(), "neither a docker-archive (no manifest.json) nor an OCI image (no index.json)"),
        (tar(&[("x", b"y")]), "neither a docker-archive (no manifest.json) nor an OCI image (no index.json)"),
        (tar(&[("manifest.json", b"[")]), "manifest.json of archive from a stream: EOF while parsing"),
        (tar(&[("manifest.json", br#"[{"Config": "c"}]"#)]), "archive from a stream: c is missing"),
        (tar(&[("manifest.json", br#"[{"Config": "c"}]"#), ("c", b"{}")]), "config of archive from a stream: missing"),
        (
            tar(&[("manifest.json", br#"[{"Config": "c", "RepoTags": ["A"]}]"#), ("c", b"{}")]),
            "couldn't parse image name \"A\"",
        ),
    ];
    let folder = tempdir().unwrap();
    let store = ImageStore::open(folder.path()).unwrap();
    for (archive, expected) in table {
        let error = load(&store, &archive).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_empty(&store, &error);
    }
    let missing = store.load(Source::Path(folder.path().join("no.tar")), Arc::new(())).await.unwrap_err();
    assert!(missing.to_string().ends_with("no.tar: No such file or directory (os error 2)"), "{missing}");
}
