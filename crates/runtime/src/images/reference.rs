//! Image references: parsing and Docker's normalisation (`busybox` is `docker.io/library/busybox:latest`).

mod grammar;

use super::{Error, Result, digest::is_hexadecimal};
use oci_client::Reference;
use std::{fmt, str::FromStr};

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
        let invalid = |reason: String| Error::InvalidReference { name: name.to_owned(), reason };
        if name.len() == 64 && name.bytes().all(is_hexadecimal) {
            let reason = format!("invalid repository name ({name}), cannot specify 64-byte hexadecimal strings");
            return Err(invalid(reason));
        }
        if let Some(repository) = upper_case_repository(name) {
            let reason = format!("invalid reference format: repository name ({repository}) must be lowercase");
            return Err(invalid(reason));
        }
        grammar::parse(name).map(Self).map_err(|reason| invalid(reason.to_owned()))
    }
}

/// The repository's normalized name, if it is not all in lower case (a registry's name and a tag need not be).
fn upper_case_repository(name: &str) -> Option<String> {
    let is_registry = |part: &str| part.contains(['.', ':']) || part == "localhost" || part.to_lowercase() != part;
    let repository = match name.split_once('/') {
        Some((registry, repository)) if is_registry(registry) => repository.to_owned(),
        Some(_) => name.to_owned(),
        None => format!("library/{name}"),
    };
    let repository = repository.split([':', '@']).next().unwrap_or_default();
    (repository.to_lowercase() != repository).then(|| repository.to_owned())
}

impl fmt::Display for ImageReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn references_are_normalized_as_docker_does() {
        let with_digest = |name: &str| format!("{name}@{DIGEST}");
        let table = [
            ("busybox", "docker.io/library/busybox:latest".to_owned()),
            ("busybox:1.36", "docker.io/library/busybox:1.36".to_owned()),
            ("me/app", "docker.io/me/app:latest".to_owned()),
            ("docker.io/busybox", "docker.io/library/busybox:latest".to_owned()),
            ("index.docker.io/busybox", "docker.io/library/busybox:latest".to_owned()),
            ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10".to_owned()),
            ("localhost/app", "localhost/app:latest".to_owned()),
            ("Host-9/app", "Host-9/app:latest".to_owned()),
            ("Host-9/app:v1", "Host-9/app:v1".to_owned()),
            (&with_digest("Host-9/app"), with_digest("Host-9/app")),
            ("localhost:5000/a/b/c", "localhost:5000/a/b/c:latest".to_owned()),
            ("10.0.0.1:5000/app:V1", "10.0.0.1:5000/app:V1".to_owned()),
            (&with_digest("busybox"), with_digest("docker.io/library/busybox")),
            (&with_digest("quay.io/me/app:v1"), with_digest("quay.io/me/app")),
        ];
        for (name, expected) in table {
            assert_eq!(name.parse::<ImageReference>().unwrap().to_string(), expected, "{name}");
        }
    }

    #[test]
    fn a_reference_has_parts() {
        let reference: ImageReference = "localhost:5000/me/app:v1".parse().unwrap();
        assert_eq!((reference.registry(), reference.repository()), ("localhost:5000", "me/app"));
        assert_eq!((reference.tag(), reference.digest()), (Some("v1"), None));
        let reference: ImageReference = format!("app:v1@{DIGEST}").parse().unwrap();
        assert_eq!((reference.tag(), reference.digest()), (None, Some(DIGEST)));
        assert_eq!(reference.name(), "docker.io/library/app");
    }

    #[test]
    fn invalid_references_are_refused_in_kubernetes_words() {
        let long = "a".repeat(300);
        let table = [
            ("", "invalid reference format"),
            (" busybox", "invalid reference format"),
            ("busy box", "invalid reference format"),
            ("busybox:", "invalid reference format"),
            (":latest", "invalid reference format"),
            ("busybox:-x", "invalid reference format"),
            ("/busybox", "invalid reference format"),
            ("busybox/", "invalid reference format"),
            ("a//b", "invalid reference format"),
            ("A_b/c", "invalid reference format"),
            ("-A/c", "invalid reference format"),
            ("https://quay.io/me/app", "invalid reference format"),
            ("busybox@sha256:12", "invalid reference format"),
            ("Busybox", "invalid reference format: repository name (library/Busybox) must be lowercase"),
            ("quay.io/Me/app:V1", "invalid reference format: repository name (Me/app) must be lowercase"),
            (&long, "repository name must not be more than 255 characters"),
            (
                &DIGEST[7..],
                "invalid repository name (e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855), \
                 cannot specify 64-byte hexadecimal strings",
            ),
        ];
        for (name, reason) in table {
            let error = name.parse::<ImageReference>().unwrap_err().to_string();
            assert_eq!(error, format!("couldn't parse image name {name:?}: {reason}"));
        }
    }
}
