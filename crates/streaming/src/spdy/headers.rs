//! Headers of streams: names and values, compressed with what came before on the connection (section 2.6.10).

use super::dictionary::dictionary;
use crate::{Error, Result, limits};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

/// Names in lower case, with their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The value of a name that is given in lower case; empty if there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    #[cfg(test)]
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn parse(text: &[u8]) -> Result<Self> {
        let cut_off = || Error::spdy("headers that are cut off");
        let mut rest = text;
        let number = |rest: &mut &[u8]| -> Result<usize> {
            let (number, behind) = rest.split_first_chunk().ok_or_else(cut_off)?;
            *rest = behind;
            Ok(usize::try_from(u32::from_be_bytes(*number)).unwrap_or(usize::MAX))
        };
        let count = number(&mut rest)?;
        let mut word = || -> Result<String> {
            let length = number(&mut rest)?;
            let (word, behind) = rest.split_at_checked(length).ok_or_else(cut_off)?;
            rest = behind;
            Ok(String::from_utf8_lossy(word).into_owned())
        };
        // As many as there are: the number alone makes no work.
        (0..count).map(|_| Ok((word()?.to_ascii_lowercase(), word()?))).collect::<Result<_>>().map(Self)
    }
}

/// Unpacks what the client sends, in its order.
pub struct Unpacker(Decompress);

impl Unpacker {
    pub fn new() -> Self {
        Self(Decompress::new(true))
    }

    pub fn unpack(&mut self, packed: &[u8]) -> Result<Headers> {
        let mut text = Vec::with_capacity(limits::UNPACKED_HEADERS);
        let mut rest = packed;
        loop {
            let read = self.0.total_in();
            let unpacked = self.0.decompress_vec(rest, &mut text, FlushDecompress::Sync);
            let read = usize::try_from(self.0.total_in() - read).unwrap_or_default();
            rest = rest.get(read..).unwrap_or_default();
            match unpacked {
                Ok(_) if text.len() == text.capacity() => return Err(Error::spdy("headers that are too long")),
                Ok(_) if rest.is_empty() => return Headers::parse(&text),
                Err(error) if error.needs_dictionary().is_some() => {
                    self.0.set_dictionary(&dictionary()).map_err(|_| Error::spdy("another dictionary"))?;
                }
                Ok(_) | Err(_) => return Err(Error::spdy("headers that cannot be unpacked")),
            }
        }
    }
}

/// Packs what the server sends: with each stream that it accepts no headers at all.
pub struct Packer(Compress);

impl Packer {
    pub fn new() -> Self {
        let mut compress = Compress::new(Compression::fast(), true);
        // Nothing has been compressed yet, so it is taken.
        let _ = compress.set_dictionary(&dictionary());
        Self(compress)
    }

    pub fn nothing(&mut self) -> Vec<u8> {
        let mut packed = Vec::with_capacity(64);
        // A number of four bytes fits.
        let _ = self.0.compress_vec(&0_u32.to_be_bytes(), &mut packed, FlushCompress::Sync);
        packed
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// As a client packs headers.
    pub(crate) fn pack(packer: &mut Packer, headers: &[(&str, &str)]) -> Vec<u8> {
        let mut text = u32::try_from(headers.len()).unwrap().to_be_bytes().to_vec();
        for word in headers.iter().flat_map(|(name, value)| [name, value]) {
            text.extend(u32::try_from(word.len()).unwrap().to_be_bytes());
            text.extend(word.bytes());
        }
        pack_text(packer, &text)
    }

    fn pack_text(packer: &mut Packer, text: &[u8]) -> Vec<u8> {
        let mut sent = Vec::with_capacity(text.len() + 1024);
        packer.0.compress_vec(text, &mut sent, FlushCompress::Sync).unwrap();
        sent
    }

    #[test]
    fn headers_are_unpacked_one_after_the_other() {
        let (mut ours, mut theirs) = (Packer::new(), Unpacker::new());
        for (kind, id) in [("error", "0"), ("data", "0"), ("error", "1")] {
            let sent = pack(&mut ours, &[("Streamtype", kind), ("port", "8080"), ("requestid", id)]);
            let headers = theirs.unpack(&sent).unwrap();
            assert_eq!((headers.get("streamtype"), headers.get("port")), (kind, "8080"));
            assert_eq!((headers.get("requestid"), headers.get("other")), (id, ""));
        }
    }

    #[test]
    fn nothing_is_nothing_however_often_it_is_said() {
        let (mut ours, mut theirs) = (Packer::new(), Unpacker::new());
        for _ in 0..3 {
            assert_eq!(theirs.unpack(&ours.nothing()).unwrap(), Headers::default());
        }
    }

    #[test]
    fn long_headers_are_unpacked_and_bombs_are_not() {
        for (length, fits) in [(40_000, true), (limits::UNPACKED_HEADERS * 2, false), (10_000_000, false)] {
            let value = "x".repeat(length);
            let sent = pack(&mut Packer::new(), &[("name", &value)]);
            let headers = Unpacker::new().unpack(&sent);
            assert_eq!(headers.is_ok_and(|headers| headers.get("name").len() == length), fits, "{length}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let promising = [&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1][..], b"a"].concat();
        for text in [&b""[..], b"\0\0", &promising, &[0, 0, 0, 1, 0, 0, 0, 9, 1]] {
            assert!(Unpacker::new().unpack(&pack_text(&mut Packer::new(), text)).is_err(), "{text:x?}");
        }
        assert!(Unpacker::new().unpack(b"not compressed").is_err());
        assert!(Unpacker::new().unpack(b"").is_err());
    }
}
