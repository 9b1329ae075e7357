//! Decompression by what the bytes say, not by what a media type claims: gzip, zstd, or none.

use flate2::bufread::MultiGzDecoder;
use std::io::{self, BufReader, Chain, Cursor, Read};

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// As much memory as `zstd --ultra` and `--long=27` want to decompress.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

type Rest<R> = BufReader<Chain<Cursor<Vec<u8>>, R>>;

/// Bytes of an archive as they were before compression.
pub(in crate::images) enum Decompressed<R: Read> {
    Gzip(MultiGzDecoder<Rest<R>>),
    Zstd(zstd::Decoder<'static, Rest<R>>),
    Plain(Rest<R>),
}

/// Looks at the first bytes, and decompresses if need be.
pub(in crate::images) fn decompress<R: Read>(mut reader: R) -> io::Result<Decompressed<R>> {
    let mut start = Vec::new();
    reader.by_ref().take(ZSTD.len() as u64).read_to_end(&mut start)?;
    let (gzip, zstd) = (start.starts_with(GZIP), start.starts_with(ZSTD));
    let rest = BufReader::with_capacity(64 << 10, Cursor::new(start).chain(reader));
    if zstd {
        let mut decoder = zstd::Decoder::with_buffer(rest)?;
        decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
        return Ok(Decompressed::Zstd(decoder));
    }
    Ok(if gzip { Decompressed::Gzip(MultiGzDecoder::new(rest)) } else { Decompressed::Plain(rest) })
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
            Self::Plain(rest) => rest.read(buffer),
        }
    }
}
