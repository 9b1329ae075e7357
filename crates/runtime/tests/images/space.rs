//! A full disk.

use super::{
    archives::{Compression, compress, digest, docker_archive, tar},
    assert_empty, load,
    mounted::Mounted,
};
use runtime::images::{Error, ImageStore};
use tempfile::tempdir;

#[tokio::test]
async fn a_full_disk_is_called_so_and_nothing_half_made_stays() {
    let layer = tar(&[("large", &vec![7; 8 << 20])]);
    let config = serde_json::json!({"rootfs": {"diff_ids": [digest(&layer)]}}).to_string().into_bytes();
    let archive = docker_archive(&[(&super::archives::TestImage { config, layers: vec![layer] }, &["large"])]);
    // In the first the archive itself does not fit while it is unpacked, in the second the layer does not fit beside it.
    for size in ["4m", "12m"] {
        let folder = tempdir().unwrap();
        let _mounted = Mounted::new("tmpfs", folder.path(), &format!("size={size}"));
        let store = ImageStore::open(folder.path()).unwrap();
        let error = load(&store, &compress(&archive, Compression::Gzip)).await.unwrap_err();
        assert!(matches!(error, Error::NoSpace { .. }), "{error}");
        assert!(error.to_string().contains("no space left on device"), "{error}");
        assert_empty(&store, size);
        let free = rustix::fs::statvfs(folder.path()).unwrap();
        assert!(free.f_bavail * 10 > free.f_blocks * 9, "{size}: {} of {}", free.f_bavail, free.f_blocks);
    }
}
