//! Reads tar archives as a stream: ustar, GNU and PAX (tar(5)), with extended attributes, long names and sparse files.
//!
//! The `tar` crate's own iterator splits PAX records at line ends, which loses binary attribute values such as
//! `security.capability`; its `Header` serves here.

use super::{
    sparse::{self, Extent},
    text::{invalid, parse_number},
};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    ffi::OsString,
    fs::File,
    io::{self, BufReader, Read, Seek},
    os::unix::ffi::OsStringExt,
    path::PathBuf,
};
use tar::{EntryType, Header};

const BLOCK: usize = 512;
/// More than any name or set of attributes has; what claims more is broken.
const LARGEST_EXTENSION: u64 = 1 << 20;
/// What does not begin like an archive is another thing altogether.
const NO_ARCHIVE: &str =
    "it is no tar archive, compressed or not (what would be its first header has a wrong checksum)";
/// The prefix of PAX keys that carry extended attributes.
const PAX_XATTR: &[u8] = b"SCHILY.xattr.";

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::images) enum Kind {
    File,
    Directory,
    Symlink,
    HardLink,
    CharacterDevice,
    BlockDevice,
    Fifo,
}

/// A member's header with all that extends it; its content is read from the [`TarReader`].
#[derive(Debug)]
pub(in crate::images) struct Member {
    /// As the archive has it: not to be trusted.
    pub path: PathBuf,
    /// Target of a link; not to be trusted either.
    pub link: PathBuf,
    pub kind: Kind,
    /// Permission bits with setuid, setgid and sticky.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// Seconds since 1970, and nanoseconds.
    pub mtime: (i64, u32),
    /// Major and minor number of a device.
    pub device: (u32, u32),
    pub xattrs: Vec<(OsString, Vec<u8>)>,
    /// Bytes of the file, holes included.
    pub size: u64,
    /// Where the content belongs, if the file has holes.
    pub extents: Option<Vec<Extent>>,
}

/// The archive; as a reader it gives the content of the member that `next_member` told of last.
pub(in crate::images) struct TarReader<R> {
    inner: R,
    /// Passes over as many bytes as it can; tells how many.
    skip: fn(&mut R, u64) -> io::Result<u64>,
    /// Bytes read so far.
    position: u64,
    /// Content of the current member that is still to come, and the padding behind it.
    remaining: u64,
    padding: u64,
    global: Records,
}

/// PAX records.
type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// What members in front of a member say about it.
#[derive(Default)]
struct Extensions {
    records: Records,
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

impl<R: Read> TarReader<R> {
    pub fn new(inner: R) -> Self {
        Self::with_skip(inner, |inner, count| io::copy(&mut inner.by_ref().take(count), &mut io::sink()))
    }

    fn with_skip(inner: R, skip: fn(&mut R, u64) -> io::Result<u64>) -> Self {
        Self { inner, skip, position: 0, remaining: 0, padding: 0, global: Records::new() }
    }

    /// Where in the archive the content of the current member goes on, in bytes.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Skips what is left of a member, and tells of the next.
    pub fn next_member(&mut self) -> io::Result<Option<Member>> {
        let mut extensions = Extensions::default();
        while let Some(header) = self.next_header()? {
            let size = match number(&extensions.records, b"size") {
                Some(size) => size?,
                None => or_zero(&header.as_old().size, header.entry_size())?,
            };
            self.expect_content(size);
            match header.entry_type() {
                EntryType::XHeader => extensions.records = parse_records(&self.read_extension()?)?,
                EntryType::XGlobalHeader => {
                    let records = parse_records(&self.read_extension()?)?;
                    self.global.extend(records);
                    if bytes_of(&self.global) > LARGEST_EXTENSION {
                        return Err(invalid("the archive's global attributes are too long"));
                    }
                }
                EntryType::GNULongName => extensions.name = Some(until_nul(self.read_extension()?)),
                EntryType::GNULongLink => extensions.link = Some(until_nul(self.read_extension()?)),
                _ => return self.member(&header, size, extensions).map(Some),
            }
        }
        if extensions.records.is_empty() && extensions.name.is_none() && extensions.link.is_none() {
            return Ok(None);
        }
        Err(invalid("the archive ends where a member was announced"))
    }

    fn member(&mut self, header: &Header, size: u64, extensions: Extensions) -> io::Result<Member> {
        let old = header.as_old();
        let mut records = self.global.clone();
        records.extend(extensions.records);
        let sparse = self.sparse_map(header, &records, size)?;
        let name = sparse.as_ref().and_then(|_| records.remove(&b"GNU.sparse.name"[..]));
        let path = name.or_else(|| records.remove(&b"path"[..])).or(extensions.name);
        let path = path.unwrap_or_else(|| header.path_bytes().into_owned());
        let kind = kind(header, &path)?;
        let link = records.remove(&b"linkpath"[..]).or(extensions.link);
        let link = link.or_else(|| header.link_name_bytes().map(Cow::into_owned)).unwrap_or_default();
        let (size, extents) = match sparse {
            Some((size, extents)) => (size, Some(extents)),
            None => (size, None),
        };
        let device = match kind {
            Kind::CharacterDevice | Kind::BlockDevice => {
                (header.device_major()?.unwrap_or(0), header.device_minor()?.unwrap_or(0))
            }
            _ => (0, 0),
        };
        Ok(Member {
            path: PathBuf::from(OsString::from_vec(path)),
            link: PathBuf::from(OsString::from_vec(link)),
            kind,
            mode: u32::try_from(or_zero(&old.mode, header.mode().map(u64::from))? & 0o7777).unwrap_or_default(),
            uid: owner(&records, b"uid", or_zero(&old.uid, header.uid()))?,
            gid: owner(&records, b"gid", or_zero(&old.gid, header.gid()))?,
            mtime: records.get(&b"mtime"[..]).map_or_else(|| Ok(header_mtime(header)), |text| parse_time(text))?,
            device,
            xattrs: xattrs(records),
            size,
            extents,
        })
    }

    /// The next header, or `None` at the end: a block of zeros, or nothing more.
    fn next_header(&mut self) -> io::Result<Option<Header>> {
        let skip = self.remaining + self.padding;
        self.remaining = 0;
        self.padding = 0;
        let skipped = (self.skip)(&mut self.inner, skip)?;
        self.position += skipped;
        if skipped < skip {
            return Err(truncated());
        }
        let mut header = Header::new_old();
        if !self.read_block(header.as_mut_bytes())? || header.as_bytes().iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
        let bytes = header.as_bytes();
        let (before, rest) = bytes.split_at(148);
        let (_, after) = rest.split_at(8);
        if header.cksum().ok() != Some(sum(before) + 8 * u32::from(b' ') + sum(after)) {
            let is_first = self.position == BLOCK as u64;
            return Err(invalid(if is_first { NO_ARCHIVE } else { "a member's header has a wrong checksum" }));
        }
        Ok(Some(header))
    }

    /// Fills a block; false if the archive ends before it.
    fn read_block(&mut self, block: &mut [u8; BLOCK]) -> io::Result<bool> {
        let mut filled = 0;
        while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.inner.read(rest) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) if self.position == 0 => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, NO_ARCHIVE)),
                Ok(0) => return Err(truncated()),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.position += BLOCK as u64;
        Ok(true)
    }

    fn expect_content(&mut self, size: u64) {
        self.remaining = size;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
    }

    fn read_extension(&mut self) -> io::Result<Vec<u8>> {
        if self.remaining > LARGEST_EXTENSION {
            return Err(invalid("a member's name or attributes are too long"));
        }
        let mut content = Vec::new();
        self.read_to_end(&mut content)?;
        Ok(content)
    }

    /// The map of a sparse file in any of the formats of GNU tar, with the file's real size.
    fn sparse_map(&mut self, header: &Header, records: &Records, size: u64) -> io::Result<Option<(u64, Vec<Extent>)>> {
        let extents = if header.entry_type().is_gnu_sparse() {
            let Some(gnu) = header.as_gnu() else { return Err(invalid("a sparse file without its map")) };
            let mut extents = sparse::from_headers(&gnu.sparse)?;
            let mut more = gnu.is_extended();
            while more {
                let mut extension = tar::GnuExtSparseHeader::new();
                if !self.read_block(extension.as_mut_bytes())? {
                    return Err(truncated());
                }
                extents.append(&mut sparse::from_headers(extension.sparse())?);
                sparse::check_count(extents.len() as u64)?;
                more = extension.is_extended();
            }
            (gnu.real_size()?, extents)
        } else if let Some(map) = records.get(&b"GNU.sparse.map"[..]) {
            let real_size = number(records, b"GNU.sparse.size").unwrap_or(Ok(size))?;
            (real_size, sparse::from_numbers(map.split(|byte| *byte == b','))?)
        } else if records.get(&b"GNU.sparse.major"[..]).is_some_and(|major| major == b"1") {
            let real_size = number(records, b"GNU.sparse.realsize").unwrap_or(Ok(size))?;
            (real_size, sparse::from_content(self)?)
        } else {
            return Ok(None);
        };
        sparse::check(&extents.1, extents.0, self.remaining)?;
        Ok(Some(extents))
    }
}

impl TarReader<BufReader<&File>> {
    /// For an archive whose members' content is mostly not wanted: it is not even read.
    pub fn seeking(file: &'_ File) -> TarReader<BufReader<&'_ File>> {
        TarReader::with_skip(BufReader::new(file), |inner, count| {
            let before = inner.stream_position()?;
            let after = before.saturating_add(count).min(inner.get_ref().metadata()?.len());
            let skipped = after.saturating_sub(before);
            inner.seek_relative(i64::try_from(skipped).map_err(|_| invalid("a member is too large"))?)?;
            Ok(skipped)
        })
    }
}

impl<R: Read> Read for TarReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.by_ref().take(self.remaining).read(buffer)?;
        if count == 0 && self.remaining > 0 && !buffer.is_empty() {
            return Err(truncated());
        }
        self.remaining -= count as u64;
        self.position += count as u64;
        Ok(count)
    }
}

/// Parses PAX records: `<length> <key>=<value>\n`, where the length counts the whole record.
fn parse_records(mut bytes: &[u8]) -> io::Result<Records> {
    let malformed = || invalid("malformed PAX record");
    let mut records = Records::new();
    while !bytes.is_empty() && bytes.first() != Some(&0) {
        let space = bytes.iter().position(|byte| *byte == b' ').ok_or_else(malformed)?;
        let length = bytes.get(..space).and_then(parse_number).and_then(|length| usize::try_from(length).ok());
        let (record, rest) = length.and_then(|length| bytes.split_at_checked(length)).ok_or_else(malformed)?;
        let record = record.get(space + 1..).and_then(|record| record.strip_suffix(b"\n")).ok_or_else(malformed)?;
        let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(malformed)?;
        let (key, value) = record.split_at(equals);
        records.insert(key.to_vec(), value.get(1..).unwrap_or_default().to_vec());
        bytes = rest;
    }
    Ok(records)
}

fn bytes_of(records: &Records) -> u64 {
    records.iter().map(|(key, value)| (key.len() + value.len()) as u64).sum()
}

fn xattrs(records: Records) -> Vec<(OsString, Vec<u8>)> {
    let named = |(key, value): (Vec<u8>, _)| {
        let name = key.strip_prefix(PAX_XATTR)?;
        Some((OsString::from_vec(name.to_vec()), value))
    };
    records.into_iter().filter_map(named).collect()
}

fn number(records: &Records, key: &[u8]) -> Option<io::Result<u64>> {
    let parse = |text: &Vec<u8>| parse_number(text).ok_or_else(|| invalid("malformed number in a PAX record"));
    records.get(key).map(parse)
}

fn kind(header: &Header, path: &[u8]) -> io::Result<Kind> {
    Ok(match header.entry_type() {
        // From before directories had a type of their own.
        EntryType::Regular if path.ends_with(b"/") => Kind::Directory,
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => Kind::File,
        EntryType::Directory => Kind::Directory,
        EntryType::Symlink => Kind::Symlink,
        EntryType::Link => Kind::HardLink,
        EntryType::Char => Kind::CharacterDevice,
        EntryType::Block => Kind::BlockDevice,
        EntryType::Fifo => Kind::Fifo,
        other => return Err(invalid(format!("member of unknown type {:?}", char::from(other.as_byte())))),
    })
}

/// A number of a header that may be left out, as Go's tar takes it.
fn or_zero(field: &[u8], number: io::Result<u64>) -> io::Result<u64> {
    if field.iter().all(|byte| matches!(byte, 0 | b' ')) { Ok(0) } else { number }
}

fn owner(records: &Records, key: &[u8], in_header: io::Result<u64>) -> io::Result<u32> {
    let id = number(records, key).unwrap_or(in_header)?;
    // The largest number means "nobody in particular" to the kernel.
    let id = u32::try_from(id).ok().filter(|id| *id != u32::MAX);
    id.ok_or_else(|| invalid("a member's owner is out of range"))
}

/// Times before 1970 or beyond what the kernel takes become 1970.
fn header_mtime(header: &Header) -> (i64, u32) {
    (header.mtime().ok().and_then(|seconds| i64::try_from(seconds).ok()).unwrap_or(0), 0)
}

/// Parses a PAX time: seconds, also negative, with an optional fraction.
fn parse_time(text: &[u8]) -> io::Result<(i64, u32)> {
    let parsed = || {
        let text = std::str::from_utf8(text).ok()?;
        let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = fraction.get(..fraction.len().min(9))?;
        let nanoseconds: u32 = format!("{digits:0<9}").parse().ok()?;
        let whole: i64 = seconds.parse().ok()?;
        if seconds.starts_with('-') && nanoseconds > 0 {
            return Some((whole.checked_sub(1)?, 1_000_000_000 - nanoseconds));
        }
        Some((whole, nanoseconds))
    };
    parsed().ok_or_else(|| invalid("malformed time in a PAX record"))
}

fn until_nul(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    bytes
}

fn truncated() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "truncated: the archive ends within a member")
}

#[cfg(test)]
#[path = "tar_reader_tests.rs"]
mod tests;
