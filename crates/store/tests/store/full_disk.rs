//! A full disk: a clear error, reads go on, and writes succeed again when there is space.

use std::{env, fs, path::Path, process::Command};
use store::{Error, SqliteStore, Store, Write};

#[test]
fn a_full_disk_is_survived() {
    // The small disk is a tmpfs that only this child sees; it goes with the child.
    let status = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "--"])
        .arg(env::current_exe().unwrap())
        .args(["--exact", "full_disk::child_with_a_small_disk", "--ignored"])
        .status()
        .unwrap();
    assert!(status.success());
}

#[tokio::test]
#[ignore = "the child of a_full_disk_is_survived"]
async fn child_with_a_small_disk() {
    let disk = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(disk.path()).status();
    assert!(mounted.unwrap().success());
    fill_and_free(disk.path()).await;
    assert!(Command::new("umount").arg(disk.path()).status().unwrap().success());
}

async fn fill_and_free(disk: &Path) {
    let ballast = disk.join("ballast");
    fs::write(&ballast, vec![0; 2 << 20]).unwrap();
    let store = SqliteStore::open(disk.join("db")).unwrap();
    let mut written = 0;
    let error = loop {
        match store.write(Write::create(format!("/{written}"), "x".repeat(10_000))).await {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 1000, "the disk does not fill up");
    };
    assert!(matches!(error, Error::Full { .. }), "{error}");
    assert!(written > 0);

    let full = store.list("").await.unwrap();
    assert_eq!(full.entries.len(), written);
    assert_eq!(full.revision, store.revision());

    fs::remove_file(ballast).unwrap();
    let revision = store.write(Write::create("/after", "{}")).await.unwrap();
    assert_eq!(revision, full.revision.next());
}
