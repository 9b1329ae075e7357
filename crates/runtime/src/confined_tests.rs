use super::*;
use std::{fs, os::unix::fs::symlink};

#[test]
fn paths_stay_below_the_root() {
    let table = [
        ("a/b", "a/b"),
        ("./a//b/", "a/b"),
        ("/etc/passwd", "etc/passwd"),
        ("../../x", "x"),
        ("a/../../../x", "x"),
        ("a/./b/../c", "a/c"),
        (".", ""),
        ("/", ""),
        ("..", ""),
    ];
    for (path, expected) in table {
        assert_eq!(clean(Path::new(path)), Path::new(expected), "{path}");
    }
}

#[test]
fn what_a_link_leads_to_is_made_inside() {
    let outside = tempfile::tempdir().unwrap();
    let outer = tempfile::tempdir().unwrap();
    let image = outer.path().join("image");
    fs::create_dir(&image).unwrap();
    fs::create_dir(image.join("real")).unwrap();
    let out = outside.path().to_str().unwrap();
    for (name, target) in [
        ("absolute", out),
        ("upwards", "../../../../.."),
        ("dangling", "/run/made"),
        ("relative", "real/../run/second"),
        ("chain", "dangling/more"),
        ("round", "round"),
        ("here", "./../image"),
    ] {
        symlink(target, image.join(name)).unwrap();
    }
    let root = Confined::open(&image).unwrap();
    let table = [
        ("/absolute/new", Some(format!("{}/new", &out[1..]))),
        ("/upwards/made", Some("made".to_owned())),
        ("/../../escaped", Some("escaped".to_owned())),
        ("/a/../b/./c", Some("b/c".to_owned())),
        ("/dangling", Some("run/made".to_owned())),
        ("/relative/x", Some("run/second/x".to_owned())),
        ("/chain/y", Some("run/made/more/y".to_owned())),
        ("/here/z", Some("image/z".to_owned())),
        ("/round/x", None),
    ];
    for (path, expected) in &table {
        let made = root.make_directory(Path::new(path));
        match expected {
            Some(expected) => {
                made.unwrap();
                assert!(image.join(expected).is_dir(), "{path}");
            }
            None => assert_eq!(made.unwrap_err().raw_os_error(), Some(libc::ELOOP), "{path}"),
        }
    }
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 1);
}

#[test]
fn a_file_is_made_where_a_link_leads_and_found_where_one_is() {
    let image = tempfile::tempdir().unwrap();
    fs::create_dir(image.path().join("etc")).unwrap();
    symlink("../run/systemd/resolve/stub-resolv.conf", image.path().join("etc/resolv.conf")).unwrap();
    symlink("hosts", image.path().join("etc/hosts")).unwrap();
    let root = Confined::open(image.path()).unwrap();
    for _ in 0..2 {
        root.make_file(Path::new("/etc/resolv.conf")).unwrap();
        root.make_file(Path::new("/etc/hostname")).unwrap();
    }
    assert!(image.path().join("run/systemd/resolve/stub-resolv.conf").is_file());
    assert!(image.path().join("etc/hostname").is_file());
    let error = root.make_file(Path::new("/etc/hosts")).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::ELOOP));
    assert!(root.make_file(Path::new("/")).is_ok(), "the root is there");
    assert!(root.make_file(Path::new("/etc/hostname/below")).is_err());
}

#[test]
fn a_path_that_must_not_be_a_link_is_refused() {
    let image = tempfile::tempdir().unwrap();
    fs::create_dir(image.path().join("real")).unwrap();
    symlink("real", image.path().join("proc")).unwrap();
    let root = Confined::open(image.path()).unwrap();
    let error = root.find_without_links(Path::new("/proc"), OFlags::PATH).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::ELOOP));
    assert!(root.find(Path::new("/proc"), OFlags::PATH).is_ok());
}

#[test]
fn directories_may_be_deeper_than_a_path_is_long() {
    let folder = tempfile::tempdir().unwrap();
    let root = Confined::open(folder.path()).unwrap();
    let deep: PathBuf = std::iter::repeat_n("a-long-name", 1500).collect();
    root.make_directory(&deep).unwrap();
    root.directory(&deep).unwrap();
    assert!(root.place(&deep.join("file")).is_ok());
    crate::remove_directory(folder.path()).unwrap();
    assert!(!folder.path().exists());
}
