//! Image references: parsing and Docker's normalisation (`busybox` is `docker.io/library/busybox:latest`).

use std::fmt;
use std::str::FromStr;

use oci_client::{ParseError, Reference};

use super::{Error, Result};

/// A parsed and normalized reference: it has a registry, a repository, and a tag or a digest.
///
/// A reference with both keeps the digest only, as containerd does: the digest alone decides.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImageReference(Reference);

impl ImageReference {
    /// The registry's host, with its port if one is given.
    #[must_use]
    pub fn registry(&self) -> &str {
        self.0.registry()
    }

    /// The repository within the registry.
    #[must_use]
    pub fn repository(&self) -> &str {
        self.0.repository()
    }

    /// Registry and repository, without tag or digest.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry(), self.repository())
    }

    /// The tag, if the reference has no digest.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.0.tag()
    }

    /// The digest of a manifest or index.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.0.digest()
    }
}

impl FromStr for ImageReference {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let invalid = |reason: &str| Error::InvalidReference { name: name.to_owned(), reason: reason.to_owned() };
        if name.len() == 64 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(invalid(&format!(
                "invalid repository name ({name}), cannot specify 64-byte hexadecimal strings"
            )));
        }
        let parsed = Reference::try_from(name).map_err(|error| match error {
            ParseError::NameContainsUppercase => invalid("invalid reference format: repository name must be lowercase"),
            ParseError::NameTooLong => invalid("repository name must not be more than 255 characters"),
            ParseError::DigestInvalidLength => invalid("invalid checksum digest length"),
            ParseError::DigestUnsupported => invalid("unsupported digest algorithm"),
            _ => invalid("invalid reference format"),
        })?;
        let digest = parsed.digest().map(str::to_owned);
        Ok(Self(match digest {
            Some(digest) => parsed.clone_with_digest(digest),
            None => parsed,
        }))
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
