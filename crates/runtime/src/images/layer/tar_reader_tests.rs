//! Archives as GNU tar, Go and others write them, made by hand where the `tar` crate would not.

use super::*;
use std::ffi::OsStr;
use tar::{Builder, EntryType, Header};

fn header(kind: EntryType, path: &str, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_path(path).unwrap();
    header.set_size(size);
    header.set_mode(0o644);
    header.set_mtime(1);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    header
}

fn append(archive: &mut Vec<u8>, kind: EntryType, path: &str, content: &[u8]) {
    archive.extend_from_slice(header(kind, path, content.len() as u64).as_bytes());
    archive.extend_from_slice(content);
    archive.resize(archive.len().next_multiple_of(512), 0);
}

fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let body = key.len() + value.len() + 3;
    let length =
        (1..9).find(|digits| (body + digits).to_string().len() == *digits).map(|digits| body + digits).unwrap();
    let mut record = format!("{length} {key}=").into_bytes();
    record.extend_from_slice(value);
    record.push(b'\n');
    record
}

fn only_member(archive: &[u8]) -> (Member, Vec<u8>) {
    let mut reader = TarReader::new(archive);
    let member = reader.next_member().unwrap().unwrap();
    let mut content = Vec::new();
    reader.read_to_end(&mut content).unwrap();
    assert!(reader.next_member().unwrap().is_none());
    (member, content)
}

#[test]
fn pax_records_override_the_header_and_may_be_binary() {
    let mut records = record("path", "long/näme".as_bytes());
    records.extend(record("mtime", b"1700000000.25"));
    records.extend(record("uid", b"3000000000"));
    records.extend(record("SCHILY.xattr.security.capability", b"\x01\n=\0 \n\xff"));
    let mut archive = Vec::new();
    append(&mut archive, EntryType::XHeader, "pax", &records);
    append(&mut archive, EntryType::Regular, "short", b"content");
    let (member, content) = only_member(&archive);
    assert_eq!(member.path, PathBuf::from("long/näme"));
    assert_eq!(member.mtime, (1_700_000_000, 250_000_000));
    assert_eq!(member.uid, 3_000_000_000);
    assert_eq!(member.xattrs.len(), 1);
    assert_eq!(member.xattrs[0].0, OsStr::new("security.capability"));
    assert_eq!(member.xattrs[0].1, b"\x01\n=\0 \n\xff");
    assert_eq!(content, b"content");
}

#[test]
fn global_pax_records_hold_for_all_members() {
    let mut archive = Vec::new();
    append(&mut archive, EntryType::XGlobalHeader, "pax", &record("gid", b"77"));
    append(&mut archive, EntryType::Regular, "file", b"");
    assert_eq!(only_member(&archive).0.gid, 77);
}

#[test]
fn long_names_and_links_of_gnu_tar_are_whole() {
    let (name, target) = ("n".repeat(300), "t".repeat(300));
    let mut builder = Builder::new(Vec::new());
    let mut symlink = header(EntryType::Symlink, "x", 0);
    builder.append_link(&mut symlink, &name, &target).unwrap();
    let (member, _) = only_member(&builder.into_inner().unwrap());
    assert_eq!((member.path, member.link), (PathBuf::from(name), PathBuf::from(target)));
}

#[test]
fn times_are_parsed_to_the_nanosecond() {
    let table = [
        ("0", Some((0, 0))),
        ("1.5", Some((1, 500_000_000))),
        ("1.1234567891", Some((1, 123_456_789))),
        ("-1", Some((-1, 0))),
        ("-1.25", Some((-2, 750_000_000))),
        ("", None),
        ("1.x", None),
        ("x", None),
    ];
    for (text, expected) in table {
        assert_eq!(parse_time(text.as_bytes()).ok(), expected, "{text}");
    }
}

#[test]
fn sparse_files_of_pax_format_1_0_have_their_map_before_the_content() {
    let mut records = record("GNU.sparse.major", b"1");
    records.extend(record("GNU.sparse.minor", b"0"));
    records.extend(record("GNU.sparse.name", b"sparse"));
    records.extend(record("GNU.sparse.realsize", b"1000000"));
    let mut content = b"2\n0\n3\n900000\n2\n".to_vec();
    content.resize(512, 0);
    content.extend(b"abcde");
    let mut archive = Vec::new();
    append(&mut archive, EntryType::XHeader, "pax", &records);
    append(&mut archive, EntryType::Regular, "GNUSparseFile.0/sparse", &content);
    let (member, content) = only_member(&archive);
    assert_eq!(member.path, PathBuf::from("sparse"));
    assert_eq!(member.size, 1_000_000);
    assert_eq!(member.extents.unwrap(), [Extent { offset: 0, length: 3 }, Extent { offset: 900_000, length: 2 }]);
    assert_eq!(content, b"abcde");
}

#[test]
fn sparse_files_of_pax_format_0_1_have_their_map_in_a_record() {
    let mut records = record("GNU.sparse.map", b"0,1,10,1");
    records.extend(record("GNU.sparse.size", b"20"));
    let mut archive = Vec::new();
    append(&mut archive, EntryType::XHeader, "pax", &records);
    append(&mut archive, EntryType::Regular, "sparse", b"xy");
    let (member, _) = only_member(&archive);
    assert_eq!((member.size, member.extents.unwrap().len()), (20, 2));
}

#[test]
fn broken_archives_are_errors() {
    let mut whole = Vec::new();
    append(&mut whole, EntryType::Regular, "file", &[1; 600]);
    let read = |archive: &[u8]| -> io::Result<()> {
        let mut reader = TarReader::new(archive);
        while reader.next_member()?.is_some() {}
        Ok(())
    };
    assert!(read(&whole).is_ok());
    for length in [1, 511, 513, 600, 1100, 1535] {
        assert_eq!(read(&whole[..length]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "{length}");
    }
    let mut damaged = whole.clone();
    damaged[0] ^= 1;
    assert!(read(&damaged).unwrap_err().to_string().contains("checksum"));

    let sparse = |map: &[u8]| {
        let mut archive = Vec::new();
        append(&mut archive, EntryType::XHeader, "pax", &record("GNU.sparse.map", map));
        append(&mut archive, EntryType::Regular, "file", b"xy");
        read(&archive)
    };
    for map in ["0", "0,1", "10,1,0,1", "0,3", "18446744073709551615,2", "a,b"] {
        assert!(sparse(map.as_bytes()).is_err(), "{map}");
    }
    for records in ["5 a", "99 a=b\n", "x a=b\n", "6 ab\n\n"] {
        let mut archive = Vec::new();
        append(&mut archive, EntryType::XHeader, "pax", records.as_bytes());
        append(&mut archive, EntryType::Regular, "file", b"");
        assert!(read(&archive).is_err(), "{records}");
    }
}

/// The map of an old GNU sparse file goes on for as long as each block says that there is one more.
#[test]
fn what_an_archive_has_read_into_memory_is_bounded() {
    let read = |archive: Box<dyn Read>| -> io::Result<()> {
        let mut reader = TarReader::new(archive);
        while reader.next_member()?.is_some() {}
        Ok(())
    };
    let mut sparse = header(EntryType::GNUSparse, "file", 0);
    sparse.as_gnu_mut().unwrap().isextended[0] = 1;
    sparse.set_cksum();
    let mut block = [0; 512];
    block[..504].fill(b'0');
    block[504] = 1;
    // 21 extents a block.
    let map = std::iter::repeat_n(block, 60_000).flatten().collect::<Vec<u8>>();
    let endless = io::Cursor::new(sparse.as_bytes().to_vec()).chain(io::Cursor::new(map));
    assert!(read(Box::new(endless)).unwrap_err().to_string().contains("malformed map"));

    let mut globals = Vec::new();
    for number in 0..3 {
        append(&mut globals, EntryType::XGlobalHeader, "pax", &record(&format!("key{number}"), &vec![b'x'; 500_000]));
    }
    append(&mut globals, EntryType::Regular, "file", b"");
    let error = read(Box::new(io::Cursor::new(globals))).unwrap_err().to_string();
    assert!(error.contains("global attributes are too long"), "{error}");
}
