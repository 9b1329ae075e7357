//! What objects of a kind are told apart by.

use kube::{Resource, ResourceExt};
use std::fmt;

/// Namespace and name; no namespace for what belongs to the whole cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub namespace: Option<String>,
    pub name: String,
}

impl Key {
    /// The key of an object.
    #[must_use]
    pub fn of(object: &impl Resource) -> Self {
        Self { namespace: object.namespace(), name: object.name_any() }
    }

    /// The key of what belongs to the whole cluster.
    #[must_use]
    pub fn cluster(name: impl Into<String>) -> Self {
        Self { namespace: None, name: name.into() }
    }

    /// The key of something in a namespace.
    #[must_use]
    pub fn namespaced(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: Some(namespace.into()), name: name.into() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(formatter, "{namespace}/{}", self.name),
            None => formatter.write_str(&self.name),
        }
    }
}
