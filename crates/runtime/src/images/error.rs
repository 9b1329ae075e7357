//! What can go wrong with images, in the words that containerd and the kubelet use for it where they have any.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

/// The result of an operation on images.
pub type Result<T> = std::result::Result<T, Error>;

/// What failed, on what, and where it helps, the remedy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The reference cannot be parsed: the kubelet's `InvalidImageName`.
    #[error("couldn't parse image name {name:?}: {reason}")]
    InvalidReference {
        /// The reference as it was given.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A pull failed; `cause` is one of the other variants.
    #[error("failed to pull and unpack image {reference:?}: {cause}")]
    Pull {
        /// The normalized reference.
        reference: String,
        /// Why.
        #[source]
        cause: Box<Error>,
    },
    /// No registry could say which manifest the reference names.
    #[error("failed to resolve reference {reference:?}: {cause}")]
    Resolve {
        /// The normalized reference.
        reference: String,
        /// Why: `NotFound`, `Unauthorized`, `Registry` or `Unavailable`.
        #[source]
        cause: Box<Error>,
    },
    /// The registry, or the store, has no such manifest, blob or image.
    #[error("{what}: not found")]
    NotFound {
        /// What is missing.
        what: String,
    },
    /// The registry wants other credentials, or some at all.
    #[error("pull access denied, repository does not exist or may require authorization: {reason}")]
    Unauthorized {
        /// The registry's answer.
        reason: String,
    },
    /// The registry answered, but not with what was asked for.
    #[error("{what}: unexpected answer from registry {host}: {reason}")]
    Registry {
        /// The reference or blob asked for.
        what: String,
        /// The registry's host.
        host: String,
        /// The registry's answer.
        reason: String,
    },
    /// The registry cannot be reached, or the connection broke.
    #[error("{what}: failed to do request to registry {host}: {reason}")]
    Unavailable {
        /// The reference or blob asked for.
        what: String,
        /// The registry's host.
        host: String,
        /// The transport's error.
        reason: String,
    },
    /// Neither a mirror of the registry nor the registry itself could help.
    #[error("{}", attempts(hosts))]
    Hosts {
        /// Who was asked, in order, the registry last; and why each could not.
        hosts: Vec<(String, Error)>,
    },
    /// The settings for a registry cannot be used.
    #[error("registry {host}: {reason}")]
    RegistryConfig {
        /// The registry's host.
        host: String,
        /// What is wrong with its settings.
        reason: String,
    },
    /// Bytes are not the ones that their name promises.
    #[error("{what}: digest mismatch: expected {expected}, got {actual}")]
    DigestMismatch {
        /// Which manifest, config or layer.
        what: String,
        /// The digest that names the content.
        expected: String,
        /// The digest of the bytes that came.
        actual: String,
    },
    /// There are more or fewer bytes than the manifest promises.
    #[error("{what}: size mismatch: expected {expected} bytes, got {actual}{}", if actual > expected { " or more" } else { "" })]
    SizeMismatch {
        /// Which layer.
        what: String,
        /// As the manifest has it.
        expected: u64,
        /// As they came.
        actual: u64,
    },
    /// An archive, manifest, config or layer is not what it should be.
    #[error("{what}: {reason}")]
    Corrupted {
        /// The archive, or the part of it that is broken.
        what: String,
        /// How it is broken.
        reason: String,
    },
    /// An index offers no image for this machine.
    #[error("no match for platform linux/{architecture} in {what} (it has {available}): not found")]
    NoPlatform {
        /// The reference or archive.
        what: String,
        /// This machine's architecture, in Go's words.
        architecture: String,
        /// The platforms that there are.
        available: String,
    },
    /// The disk is full; nothing half-made is kept.
    #[error("{action} {path}: no space left on device (remove images with `minke image rm`, or make room)")]
    NoSpace {
        /// What was being done.
        action: &'static str,
        /// On which file.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("{action} {path}: {source}")]
    Io {
        /// What was being done.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// The kernel's answer.
        source: io::Error,
    },
    /// A lease holder's name cannot be a file's name.
    #[error("lease holder {holder:?} is not a plain name of letters, digits, '-', '_' and '.'")]
    InvalidHolder {
        /// The name as it was given.
        holder: String,
    },
    /// The image knows no such user (the words of runc and containerd).
    #[error("unable to find user {user}: no matching entries in passwd file")]
    UnknownUser {
        /// The user as it was asked for.
        user: String,
    },
    /// The image knows no such group (the words of runc and containerd).
    #[error("unable to find group {group}: no matching entries in group file")]
    UnknownGroup {
        /// The group as it was asked for.
        group: String,
    },
    /// A number outside of what Linux accepts for users and groups here.
    #[error("uids and gids must be in range 0-2147483647")]
    UserRange,
    /// A thread of the store's own ended unexpectedly.
    #[error("{what}: interrupted: {reason}")]
    Interrupted {
        /// What was being done.
        what: String,
        /// Why it ended.
        reason: String,
    },
}

impl Error {
    /// Wraps a file system's answer, with a full disk told apart from the rest.
    pub(super) fn io(action: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        let (path, source) = (path.to_owned(), source.into());
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace { action, path },
            _ => Self::Io { action, path, source },
        }
    }

    pub(super) fn corrupted(what: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self::Corrupted { what: what.into(), reason: reason.to_string() }
    }

    /// The innermost error: what to look at when deciding by kind (`NotFound`, `Unauthorized`, ...).
    #[must_use]
    pub fn root(&self) -> &Self {
        match self {
            Self::Pull { cause, .. } | Self::Resolve { cause, .. } => cause.root(),
            // What the registry itself says counts.
            Self::Hosts { hosts } => hosts.last().map_or(self, |(_, cause)| cause.root()),
            other => other,
        }
    }

    /// What several hosts said, or the one that there is.
    pub(super) fn of_hosts(mut hosts: Vec<(String, Self)>) -> Option<Self> {
        if hosts.len() > 1 { Some(Self::Hosts { hosts }) } else { hosts.pop().map(|(_, cause)| cause) }
    }
}

fn attempts(hosts: &[(String, Error)]) -> String {
    hosts.iter().map(|(host, cause)| format!("{host}: {cause}")).collect::<Vec<_>>().join("; ")
}
