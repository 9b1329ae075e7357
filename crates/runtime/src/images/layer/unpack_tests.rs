//! Archives, benign and malicious, applied to a folder. Needs root.

use super::*;
use rustix::fs::{getxattr, lgetxattr};
use std::{
    fs,
    os::unix::fs::{FileTypeExt, MetadataExt, symlink},
};
use tar::{Builder, EntryType, Header};

/// Builds an archive member by member.
struct Archive(Builder<Vec<u8>>);

impl Archive {
    fn new() -> Self {
        Self(Builder::new(Vec::new()))
    }

    fn member(mut self, kind: EntryType, path: &str, mode: u32, content: &[u8]) -> Self {
        let mut header = header(kind, mode, content.len());
        // The crate refuses `..` and absolute paths; attackers do not.
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        self.0.append(&header, content).unwrap();
        self
    }

    fn file(self, path: &str, content: &str) -> Self {
        self.member(EntryType::Regular, path, 0o644, content.as_bytes())
    }

    fn directory(self, path: &str) -> Self {
        self.member(EntryType::Directory, path, 0o755, b"")
    }

    fn link(mut self, kind: EntryType, path: &str, target: &str) -> Self {
        let mut header = header(kind, 0o777, 0);
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_link_name_literal(target).unwrap();
        header.set_cksum();
        self.0.append(&header, &b""[..]).unwrap();
        self
    }

    fn symlink(self, path: &str, target: &str) -> Self {
        self.link(EntryType::Symlink, path, target)
    }

    fn hard_link(self, path: &str, target: &str) -> Self {
        self.link(EntryType::Link, path, target)
    }

    fn device(mut self, kind: EntryType, path: &str, major: u32, minor: u32) -> Self {
        let mut header = header(kind, 0o620, 0);
        header.set_path(path).unwrap();
        header.set_device_major(major).unwrap();
        header.set_device_minor(minor).unwrap();
        header.set_cksum();
        self.0.append(&header, &b""[..]).unwrap();
        self
    }

    fn xattr(mut self, name: &str, value: &[u8]) -> Self {
        self.0.append_pax_extensions([(format!("SCHILY.xattr.{name}").as_str(), value)]).unwrap();
        self
    }

    fn bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }

    fn unpack(self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        unpack("layer", &self.bytes()[..], folder.path(), &folder.path().join("below")).unwrap();
        folder
    }

    fn refused(self) -> String {
        let folder = tempfile::tempdir().unwrap();
        unpack("layer", &self.bytes()[..], folder.path(), &folder.path().join("below")).unwrap_err().to_string()
    }
}

fn header(kind: EntryType, mode: u32, size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size as u64);
    header.set_uid(12);
    header.set_gid(34);
    header.set_mtime(1_000_000_000);
    header
}

fn xattr(path: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = vec![0; 64];
    let length = lgetxattr(path, name, &mut value[..]).ok()?;
    value.truncate(length);
    Some(value)
}

fn is_whiteout(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_char_device() && file.rdev() == 0)
}

fn is_opaque(path: &Path) -> bool {
    xattr(path, OPAQUE_XATTR).is_some_and(|value| value == b"y")
}

#[test]
fn files_keep_mode_owner_time_and_content() {
    let folder = Archive::new()
        .member(EntryType::Directory, "./", 0o711, b"")
        .member(EntryType::Directory, "tmp/", 0o1777, b"")
        .member(EntryType::Regular, "tmp/su", 0o4755, b"#!")
        .symlink("tmp/link", "su")
        .unpack();
    let root = fs::metadata(folder.path()).unwrap();
    assert_eq!((root.mode() & 0o7777, root.uid()), (0o711, 12));
    let tmp = fs::metadata(folder.path().join("tmp")).unwrap();
    assert_eq!((tmp.mode() & 0o7777, tmp.gid(), tmp.mtime()), (0o1777, 34, 1_000_000_000));
    let su = fs::metadata(folder.path().join("tmp/su")).unwrap();
    assert_eq!((su.mode() & 0o7777, su.uid(), su.gid(), su.mtime()), (0o4755, 12, 34, 1_000_000_000));
    let link = fs::symlink_metadata(folder.path().join("tmp/link")).unwrap();
    assert_eq!((link.uid(), link.mtime()), (12, 1_000_000_000));
    assert_eq!(fs::read_to_string(folder.path().join("tmp/link")).unwrap(), "#!");
}

#[test]
fn folders_that_the_archive_leaves_out_are_made() {
    let folder = Archive::new().file("a/b/c", "x").unpack();
    let made = fs::metadata(folder.path().join("a/b")).unwrap();
    assert_eq!((made.mode() & 0o7777, made.uid()), (0o755, 0));
}

#[test]
fn later_members_replace_earlier_ones() {
    let folder = Archive::new()
        .file("a", "1")
        .file("a", "2")
        .directory("d")
        .file("d/x", "1")
        .directory("d")
        .directory("e")
        .file("e/x", "1")
        .file("e", "file")
        .symlink("s", "/nowhere")
        .file("s", "file")
        .unpack();
    let read = |path: &str| fs::read_to_string(folder.path().join(path)).unwrap();
    assert_eq!([read("a"), read("d/x"), read("e"), read("s")], ["2", "1", "file", "file"]);
}

#[test]
fn hard_links_share_the_file() {
    let folder = Archive::new().file("a", "x").hard_link("b", "a").hard_link("c", "/a").unpack();
    let inode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().ino();
    assert_eq!(inode("a"), inode("b"));
    assert_eq!(inode("a"), inode("c"));
}

#[test]
fn devices_and_fifos_are_made() {
    let folder = Archive::new()
        .device(EntryType::Char, "null", 1, 3)
        .device(EntryType::Block, "disk", 7, 0)
        .device(EntryType::Fifo, "fifo", 0, 0)
        .unpack();
    let stat = |path: &str| fs::symlink_metadata(folder.path().join(path)).unwrap();
    assert!(stat("null").file_type().is_char_device());
    assert_eq!((stat("null").rdev(), stat("null").mode() & 0o777), (makedev(1, 3), 0o620));
    assert!(stat("disk").file_type().is_block_device());
    assert!(stat("fifo").file_type().is_fifo());
}

#[test]
fn attributes_are_kept_except_those_that_steer_overlayfs() {
    let capability = b"\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let folder = Archive::new()
        .xattr("security.capability", capability)
        .file("ping", "x")
        .xattr("trusted.overlay.redirect", b"/etc")
        .directory("d")
        .unpack();
    let mut value = [0; 64];
    let length = getxattr(folder.path().join("ping"), "security.capability", &mut value).unwrap();
    assert_eq!(&value[..length], capability);
    assert_eq!(xattr(&folder.path().join("d"), "trusted.overlay.redirect"), None);
}

#[test]
fn holes_stay_holes() {
    let mut content = vec![0; 4 << 20];
    content[3 << 20] = 1;
    let folder = Archive::new().member(EntryType::Regular, "sparse", 0o644, &content).unpack();
    let path = folder.path().join("sparse");
    assert_eq!(fs::read(&path).unwrap(), content);
    assert!(fs::metadata(&path).unwrap().blocks() * 512 < 1 << 20);
}

#[test]
fn whiteouts_become_overlayfs_own() {
    let folder = Archive::new().directory("d").file("d/.wh.gone", "").file("d/.wh..wh.plnk", "").unpack();
    assert!(is_whiteout(&folder.path().join("d/gone")));
    assert_eq!(fs::read_dir(folder.path().join("d")).unwrap().count(), 1);
}

#[test]
fn opaque_directories_are_marked() {
    let folder = Archive::new().file("d/.wh..wh..opq", "").file("d/new", "x").unpack();
    assert!(is_opaque(&folder.path().join("d")));
    assert!(folder.path().join("d/new").exists());
}

#[test]
fn a_whiteout_beside_the_file_hides_lower_layers_only() {
    let folder = Archive::new()
        .directory("first")
        .file("first/new", "x")
        .file(".wh.first", "")
        .file(".wh.second", "")
        .directory("second")
        .file("file", "x")
        .file(".wh.file", "")
        .unpack();
    assert!(is_opaque(&folder.path().join("first")) && folder.path().join("first/new").exists());
    assert!(is_opaque(&folder.path().join("second")));
    assert_eq!(fs::read_to_string(folder.path().join("file")).unwrap(), "x");
}

/// Each archive tries to reach a victim beside the layer; whatever it makes is in the layer.
#[test]
fn nothing_leaves_the_layer() {
    let outside = tempfile::tempdir().unwrap();
    let victim = outside.path().join("victim");
    fs::write(&victim, "untouched").unwrap();
    let outside_path = outside.path().to_str().unwrap();
    let victim_path = victim.to_str().unwrap();
    let table: [(&str, Archive); 9] = [
        ("../victim", Archive::new().file("../victim", "evil")),
        ("absolute", Archive::new().file(victim_path, "evil")),
        ("absolute link, then through it", Archive::new().symlink("a", outside_path).file("a/victim", "evil")),
        (
            "relative link, then through it",
            Archive::new().symlink("a", "../../..").file(&format!("a{victim_path}"), "evil"),
        ),
        ("link chain", Archive::new().symlink("a", outside_path).symlink("b", "a").file("b/victim", "evil")),
        ("link as the file", Archive::new().symlink("a", victim_path).file("a", "evil")),
        ("link, then its mode", Archive::new().symlink("a", outside_path).directory("a/")),
        ("whiteout through a link", Archive::new().symlink("a", outside_path).file("a/.wh.victim", "")),
        ("opaque through a link", Archive::new().symlink("a", outside_path).file("a/.wh..wh..opq", "")),
    ];
    let before = fs::metadata(outside.path()).unwrap();
    for (what, archive) in table {
        let layer = outside.path().join("layer");
        fs::create_dir(&layer).unwrap();
        unpack("layer", &archive.bytes()[..], &layer, &layer.join("below"))
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        fs::remove_dir_all(&layer).unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched", "{what}");
        let names: Vec<_> = fs::read_dir(outside.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["victim"], "{what}");
        let after = fs::metadata(outside.path()).unwrap();
        assert_eq!((after.mode(), after.uid()), (before.mode(), before.uid()), "{what}");
        assert!(!is_opaque(outside.path()), "{what}");
    }
}

#[test]
fn links_lead_where_they_would_in_a_container() {
    let folder = Archive::new()
        .symlink("a", "/etc")
        .file("a/passwd", "x")
        .directory("b")
        .symlink("b/up", "..")
        .file("b/up/c", "y")
        .unpack();
    assert_eq!(fs::read_to_string(folder.path().join("etc/passwd")).unwrap(), "x");
    assert_eq!(fs::read_to_string(folder.path().join("c")).unwrap(), "y");
}

#[test]
fn hard_links_reach_only_what_the_layer_has() {
    let message = |target: &str| format!("layer: member b: a hard link to {target}, which the layer does not have");
    assert_eq!(Archive::new().hard_link("b", "/etc/passwd").refused(), message("/etc/passwd"));
    assert_eq!(Archive::new().hard_link("b", "../../../etc/passwd").refused(), message("../../../etc/passwd"));
    assert_eq!(Archive::new().symlink("a", "/etc").hard_link("b", "a/passwd").refused(), message("a/passwd"));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let table = [
        (Archive::new().file("a/.wh.", ""), "layer: member a/.wh.: a whiteout of no file"),
        (Archive::new().file("a/.wh...", ""), "layer: member a/.wh...: a whiteout of no file"),
        (Archive::new().file("..", "x"), "layer: member ..: only a directory can be the root"),
        (Archive::new().member(EntryType::new(b'Q'), "a", 0, b""), "layer: member of unknown type 'Q'"),
    ];
    for (archive, expected) in table {
        assert_eq!(archive.refused(), expected);
    }
    assert!(Archive::new().file("a", "x").file("a/b", "x").refused().contains("Not a directory"));
    assert!(Archive::new().symlink("a", "b").symlink("b", "a").file("a/c", "x").refused().contains("symbolic links"));
}

#[test]
fn truncated_layers_are_called_so() {
    let bytes = Archive::new().file("a", &"x".repeat(2000)).bytes();
    let folder = tempfile::tempdir().unwrap();
    let error = unpack("layer sha256:1", &bytes[..1000], folder.path(), &folder.path().join("below")).unwrap_err();
    assert_eq!(error.to_string(), "layer sha256:1: the layer is truncated");
}

#[test]
fn the_size_is_that_of_the_files() {
    let bytes = Archive::new().file("a", "12345").hard_link("b", "a").file("c", "678").bytes();
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(unpack("layer", &bytes[..], folder.path(), &folder.path().join("below")).unwrap(), 8);
}

/// The lookup that user names need, over two layers.
mod stacked {
    use super::*;
    use crate::images::layer::find;
    use std::io::Read;

    fn look(lower: Archive, upper: Archive, path: &str) -> Option<String> {
        let (lower, upper) = (lower.unpack(), upper.unpack());
        let layers = [lower.path().to_owned(), upper.path().to_owned()];
        let mut content = String::new();
        find(&layers, Path::new(path)).unwrap()?.read_to_string(&mut content).unwrap();
        Some(content)
    }

    #[test]
    fn files_are_seen_as_overlayfs_shows_them() {
        let base = || Archive::new().file("etc/passwd", "lower").file("usr/lib/passwd", "other");
        let table: [(&str, Archive, Option<&str>); 13] = [
            ("untouched", Archive::new(), Some("lower")),
            ("replaced", Archive::new().file("etc/passwd", "upper"), Some("upper")),
            ("deleted", Archive::new().file("etc/.wh.passwd", ""), None),
            ("folder deleted", Archive::new().file(".wh.etc", ""), None),
            ("folder opaque", Archive::new().file("etc/.wh..wh..opq", ""), None),
            ("opaque but there", Archive::new().file("etc/.wh..wh..opq", "").file("etc/passwd", "new"), Some("new")),
            ("folder is a file now", Archive::new().file("etc", "x"), None),
            ("relative link", Archive::new().symlink("etc/passwd", "../usr/lib/passwd"), Some("other")),
            ("absolute link", Archive::new().symlink("etc/passwd", "/usr/lib/passwd"), Some("other")),
            ("folder link", Archive::new().file(".wh.etc", "").symlink("etc", "usr/lib"), Some("other")),
            ("link out of the image", Archive::new().symlink("etc/passwd", "../../../../../etc/hostname"), None),
            ("a device", Archive::new().device(EntryType::Char, "etc/passwd", 1, 5), None),
            ("dangling", Archive::new().symlink("etc/passwd", "nowhere"), None),
        ];
        for (what, upper, expected) in table {
            assert_eq!(look(base(), upper, "/etc/passwd").as_deref(), expected, "{what}");
        }
    }

    #[test]
    fn endless_links_end() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        symlink("b", a.path().join("a")).unwrap();
        symlink("a", b.path().join("b")).unwrap();
        let error = find(&[a.path().to_owned(), b.path().to_owned()], Path::new("/a")).unwrap_err();
        assert!(error.to_string().contains("Too many levels"), "{error}");
    }
}

/// Under as many names as there are ways through its links, a directory is kept in memory once; its last time counts.
#[test]
fn a_directory_that_comes_again_has_one_time() {
    let mut archive = Archive::new().directory("d").symlink("l", ".");
    for (path, mtime) in [("l/d", 5), ("d", 6), ("l/l/l/d/", 7), ("l/l/d", 8)] {
        let mut header = header(EntryType::Directory, 0o755, 0);
        header.set_path(path).unwrap();
        header.set_mtime(mtime);
        header.set_cksum();
        archive.0.append(&header, &b""[..]).unwrap();
    }
    let folder = archive.unpack();
    assert_eq!(fs::metadata(folder.path().join("d")).unwrap().mtime(), 8);
}
