//! Content digests (OCI image specification, section "Digests"), and readers that compute them on the way.

use super::{Error, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    fmt::{self, Write as _},
    io::{self, Read},
};

/// A SHA-256 digest, written `sha256:` and 64 hexadecimal digits: safe to be a file's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Digest(String);

const ALGORITHM: &str = "sha256:";

impl Digest {
    /// The digest of bytes at hand.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_hash(Sha256::new_with_prefix(bytes))
    }

    /// Parses `sha256:...`; `what` tells whose digest it is, should it be none.
    pub fn parse(what: &str, digest: &str) -> Result<Self> {
        match digest.strip_prefix(ALGORITHM) {
            Some(hex) if hex.len() == 64 && hex.bytes().all(is_hexadecimal) => Ok(Self(digest.to_owned())),
            _ => Err(Error::corrupted(what, format!("{digest:?} is not a SHA-256 digest"))),
        }
    }

    /// The hexadecimal digits alone.
    pub fn hex(&self) -> &str {
        self.0.strip_prefix(ALGORITHM).unwrap_or_default()
    }

    /// The first 128 bits: as good as unique, and short enough for many of them in one mount.
    pub fn short(&self) -> &str {
        self.hex().get(..32).unwrap_or_default()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Fails unless `actual` is this digest.
    pub fn verify(&self, what: &str, actual: &Self) -> Result<()> {
        if self == actual {
            return Ok(());
        }
        Err(Error::DigestMismatch { what: what.to_owned(), expected: self.to_string(), actual: actual.to_string() })
    }

    fn from_hash(hash: Sha256) -> Self {
        let mut digest = ALGORITHM.to_owned();
        for byte in hash.finalize() {
            let _ = write!(digest, "{byte:02x}");
        }
        Self(digest)
    }
}

/// Digits as digests have them: lower case only.
pub(super) fn is_hexadecimal(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

impl TryFrom<String> for Digest {
    type Error = Error;

    fn try_from(digest: String) -> Result<Self> {
        Self::parse("digest", &digest)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Passes bytes through and remembers their digest.
pub(super) struct Hashing<R> {
    inner: R,
    hash: Sha256,
    count: u64,
}

impl<R: Read> Hashing<R> {
    pub fn new(inner: R) -> Self {
        Self { inner, hash: Sha256::new(), count: 0 }
    }

    /// Bytes that have come.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Reads what is left, and tells the digest of all that came.
    pub fn finish(&mut self) -> io::Result<Digest> {
        io::copy(self, &mut io::sink())?;
        Ok(Digest::from_hash(self.hash.clone()))
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        self.count += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn digests_are_sha256_in_lower_case() {
        assert_eq!(Digest::of(b"").as_str(), EMPTY);
        assert_eq!(Digest::parse("x", EMPTY).unwrap(), Digest::of(b""));
        assert_eq!(Digest::of(b"").short(), "e3b0c44298fc1c149afbf4c8996fb924");
        for bad in ["", "sha256:", "sha256:12", "sha256:../../etc", "md5:e3b0", &EMPTY.to_uppercase(), &EMPTY[7..]] {
            assert!(Digest::parse("x", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn reading_gives_the_digest_of_everything_even_of_what_nobody_read() {
        let mut reader = Hashing::new(&b"hello"[..]);
        reader.read_exact(&mut [0; 2]).unwrap();
        assert_eq!(reader.finish().unwrap(), Digest::of(b"hello"));
    }

    #[test]
    fn a_mismatch_names_both_digests() {
        let error = Digest::of(b"a").verify("layer 1", &Digest::of(b"b")).unwrap_err().to_string();
        assert!(error.contains(Digest::of(b"a").as_str()) && error.contains(Digest::of(b"b").as_str()), "{error}");
    }
}
