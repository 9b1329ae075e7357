//! An image as the rest of the program sees it.

use super::{Result, User};
use std::{collections::BTreeMap, path::PathBuf};

/// An image that is in the store, unpacked and ready to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The digest of its config, `sha256:...`: what Kubernetes calls the image id.
    pub id: String,
    /// The normalized tags that name it, in order.
    pub references: Vec<String>,
    /// `name@sha256:...` of the manifest or index it was pulled as.
    pub repo_digests: Vec<String>,
    /// Bytes that its files take, shared layers included.
    pub size: u64,
    /// When it was built (RFC 3339), if it says so.
    pub created: Option<String>,
    /// In Go's words: `amd64`, `arm64`, ...
    pub architecture: String,
    /// How to run it.
    pub config: ImageConfig,
    /// Its layers' folders, bottom to top.
    pub layers: Vec<PathBuf>,
}

/// The part of an image's config that says how to run it (OCI image specification, section "Image Configuration").
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageConfig {
    /// What to execute.
    pub entrypoint: Vec<String>,
    /// Its arguments, or what to execute when there is no entrypoint.
    pub cmd: Vec<String>,
    /// `NAME=value`.
    pub env: Vec<String>,
    /// The working directory; empty if the image does not say.
    pub working_dir: String,
    /// As `Image::resolve_user` takes it; empty for root.
    pub user: String,
    /// `SIGTERM`, `15`, ...
    pub stop_signal: Option<String>,
    /// `80/tcp`, in order.
    pub exposed_ports: Vec<String>,
    /// Paths that want a volume, in order.
    pub volumes: Vec<String>,
    /// Arbitrary facts.
    pub labels: BTreeMap<String, String>,
}

impl Image {
    /// Who `user` is in this image: `""`, `name`, `uid`, `name:group`, `uid:gid`, ... as in an image's config.
    ///
    /// Reads the image's own /etc/passwd and /etc/group. Unknown names are errors, unknown numbers are not.
    pub fn resolve_user(&self, user: &str) -> Result<User> {
        super::user::resolve(&self.layers, user)
    }
}
