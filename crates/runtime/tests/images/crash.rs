//! Processes that are killed, and several at once. The processes are this test program again.

use super::{
    archives::{TestImage, docker_archive, image},
    assert_layers, read,
};
use runtime::images::{ImageStore, Source};
use std::{
    env,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};
use tempfile::tempdir;

const STORE: &str = "TEST_IMAGE_STORE";
const ARCHIVE: &str = "TEST_IMAGE_ARCHIVE";

/// Not a test but the other process: loads and removes until it is killed, or loads once.
#[tokio::test]
#[ignore = "the part of a child process in the other tests"]
async fn child() {
    let (Some(store), Some(archive)) = (env::var_os(STORE), env::var_os(ARCHIVE)) else { return };
    loop {
        let store = ImageStore::open(Path::new(&store)).unwrap();
        store.load(Source::Path(archive.clone().into()), Arc::new(())).await.unwrap();
        if env::var_os("TEST_ONCE").is_some() {
            return;
        }
        store.remove("app").await.unwrap();
    }
}

fn spawn(store: &Path, archive: &Path, once: bool) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "crash::child", "--ignored"]).env(STORE, store).env(ARCHIVE, archive);
    if once {
        command.env("TEST_ONCE", "1");
    }
    command.stdout(Stdio::null()).spawn().unwrap()
}

fn app() -> TestImage {
    let contents: Vec<_> = (0..6).map(|number| (format!("file-{number}"), "x".repeat(300_000))).collect();
    let files: Vec<_> = contents.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
    image(&files)
}

#[tokio::test]
async fn a_load_killed_anywhere_leaves_all_or_nothing() {
    let folder = tempdir().unwrap();
    let (root, archive) = (folder.path().join("store"), folder.path().join("archive.tar"));
    std::fs::write(&archive, docker_archive(&[(&app(), &["app"])])).unwrap();
    for milliseconds in (1..30).map(|step| step * 6) {
        let mut child = spawn(&root, &archive, false);
        thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        let store = ImageStore::open(&root).unwrap();
        match store.get("app").unwrap() {
            None => assert_layers(&store, 0),
            Some(image) => {
                assert_layers(&store, 6);
                assert_eq!(read(&image, "file-5").unwrap().len(), 300_000);
            }
        }
    }
    let store = ImageStore::open(&root).unwrap();
    store.load(Source::Path(archive), Arc::new(())).await.unwrap();
    assert_layers(&store, 6);
}

#[tokio::test]
async fn several_processes_load_into_one_folder() {
    let folder = tempdir().unwrap();
    let (root, archive) = (folder.path().join("store"), folder.path().join("archive.tar"));
    std::fs::write(&archive, docker_archive(&[(&app(), &["app"])])).unwrap();
    let children: Vec<_> = (0..4).map(|_| spawn(&root, &archive, true)).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let store = ImageStore::open(&root).unwrap();
    assert_eq!(store.list().unwrap().len(), 1);
    assert_layers(&store, 6);
}
