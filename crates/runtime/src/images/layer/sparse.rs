//! Maps of sparse files in tar archives (GNU tar manual, "Storing Sparse Files"), and files that keep their holes.

use super::text::{invalid, parse_number};
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
};
use tar::GnuSparseHeader;

/// Runs of zeros at least this long become holes.
const HOLE: usize = 64 << 10;
/// More fragments than any honest file has.
const MOST_EXTENTS: u64 = 1 << 20;

/// Refuses a map that has more extents than any honest file.
pub(super) fn check_count(count: u64) -> io::Result<()> {
    if count > MOST_EXTENTS { Err(malformed()) } else { Ok(()) }
}

/// A part of a file that has content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::images) struct Extent {
    pub offset: u64,
    pub length: u64,
}

/// The old GNU format: the map is in headers.
pub(super) fn from_headers(headers: &[GnuSparseHeader]) -> io::Result<Vec<Extent>> {
    let used = headers.iter().filter(|header| !header.is_empty());
    used.map(|header| Ok(Extent { offset: header.offset()?, length: header.length()? })).collect()
}

/// PAX format 0.1: offsets and lengths take turns in a record.
pub(super) fn from_numbers<'a>(numbers: impl Iterator<Item = &'a [u8]>) -> io::Result<Vec<Extent>> {
    let numbers: Option<Vec<u64>> = numbers.map(parse_number).collect();
    let numbers = numbers.ok_or_else(malformed)?;
    let (pairs, rest) = numbers.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(malformed());
    }
    Ok(pairs.iter().map(|[offset, length]| Extent { offset: *offset, length: *length }).collect())
}

/// PAX format 1.0: the map, decimal numbers a line each, comes before the content, in blocks of its own.
pub(super) fn from_content<R: Read>(archive: &mut R) -> io::Result<Vec<Extent>> {
    let mut lines = Lines { archive, block: [0; 512], next: 512 };
    let count = lines.number()?;
    check_count(count)?;
    (0..count).map(|_| Ok(Extent { offset: lines.number()?, length: lines.number()? })).collect()
}

/// Extents must be in order, within the file, and account for all of the content.
pub(super) fn check(extents: &[Extent], size: u64, content: u64) -> io::Result<()> {
    let (mut end, mut total) = (0_u64, 0_u64);
    for extent in extents {
        let next = extent.offset.checked_add(extent.length).filter(|next| *next <= size && extent.offset >= end);
        end = next.ok_or_else(malformed)?;
        total += extent.length;
    }
    if total == content { Ok(()) } else { Err(malformed()) }
}

struct Lines<'a, R> {
    archive: &'a mut R,
    block: [u8; 512],
    next: usize,
}

impl<R: Read> Lines<'_, R> {
    fn number(&mut self) -> io::Result<u64> {
        let mut digits = Vec::new();
        loop {
            if self.next == self.block.len() {
                self.archive.read_exact(&mut self.block)?;
                self.next = 0;
            }
            let byte = self.block.get(self.next).copied().unwrap_or(b'\n');
            self.next += 1;
            match byte {
                b'\n' => return parse_number(&digits).ok_or_else(malformed),
                _ if digits.len() > 20 => return Err(malformed()),
                _ => digits.push(byte),
            }
        }
    }
}

/// Copies content to where its extents (or, without any, the whole file) are; long runs of zeros become holes.
pub(super) fn copy(
    content: &mut impl Read,
    file: &mut File,
    size: u64,
    extents: Option<&[Extent]>,
) -> Result<(), CopyError> {
    let whole = [Extent { offset: 0, length: size }];
    let mut buffer = vec![0; HOLE];
    for extent in extents.unwrap_or(&whole) {
        file.seek(SeekFrom::Start(extent.offset)).map_err(CopyError::Write)?;
        let mut left = extent.length;
        while left > 0 {
            let length = usize::try_from(left).unwrap_or(usize::MAX).min(HOLE);
            let Some(piece) = buffer.get_mut(..length) else { break };
            content.read_exact(piece).map_err(CopyError::Read)?;
            if length == HOLE && piece.iter().all(|byte| *byte == 0) {
                file.seek(SeekFrom::Start(extent.offset + extent.length - left + length as u64))
                    .map_err(CopyError::Write)?;
            } else {
                file.write_all(piece).map_err(CopyError::Write)?;
            }
            left -= length as u64;
        }
    }
    file.set_len(size).map_err(CopyError::Write)
}

/// Which side of a copy failed.
#[derive(Debug)]
pub(super) enum CopyError {
    Read(io::Error),
    Write(io::Error),
}

fn malformed() -> io::Error {
    invalid("malformed map of a sparse file")
}
