//! Decompression by what the bytes say, not by what a media type or a file's name claims: gzip, zstd, xz, bzip2, or none.

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;
use std::io::{self, BufReader, Chain, Cursor, Read};

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const XZ: &[u8] = &[0xfd, b'7', b'z', b'X', b'Z', 0];
const BZIP2: &[u8] = b"BZh";
/// As much memory as `zstd --ultra` and `--long=27` want to decompress.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;
/// In KiB; `xz -9` wants half of it.
const XZ_MEMORY: u32 = 128 << 10;

type Rest<R> = BufReader<Chain<Cursor<Vec<u8>>, R>>;

/// Bytes of an archive as they were before compression.
pub(in crate::images) enum Decompressed<R: Read> {
    Gzip(Box<MultiGzDecoder<Rest<R>>>),
    Zstd(zstd::Decoder<'static, Rest<R>>),
    Xz(Box<XzReader<Rest<R>>>),
    Bzip2(MultiBzDecoder<Rest<R>>),
    Plain(Rest<R>),
}

/// Looks at the first bytes, and decompresses if need be.
pub(in crate::images) fn decompress<R: Read>(mut reader: R) -> io::Result<Decompressed<R>> {
    let mut start = Vec::new();
    reader.by_ref().take(XZ.len() as u64).read_to_end(&mut start)?;
    let is = |magic: &[u8]| start.starts_with(magic);
    let (gzip, zstd, xz, bzip2) = (is(GZIP), is(ZSTD), is(XZ), is(BZIP2));
    let rest = BufReader::with_capacity(64 << 10, Cursor::new(start).chain(reader));
    Ok(if gzip {
        Decompressed::Gzip(Box::new(MultiGzDecoder::new(rest)))
    } else if zstd {
        let mut decoder = zstd::Decoder::with_buffer(rest)?;
        decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
        Decompressed::Zstd(decoder)
    } else if xz {
        Decompressed::Xz(Box::new(XzReader::new_mem_limit(rest, true, XZ_MEMORY)))
    } else if bzip2 {
        Decompressed::Bzip2(MultiBzDecoder::new(rest))
    } else {
        Decompressed::Plain(rest)
    })
}

impl<R: Read> Decompressed<R> {
    /// Whether there was nothing to decompress.
    pub fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }
}

impl<R: Read> Read for Decompressed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(decoder) => decoder.read(buffer),
            Self::Zstd(decoder) => decoder.read(buffer),
            Self::Xz(decoder) => decoder.read(buffer),
            Self::Bzip2(decoder) => decoder.read(buffer),
            Self::Plain(rest) => rest.read(buffer),
        }
    }
}
