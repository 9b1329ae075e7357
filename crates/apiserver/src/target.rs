//! The collection that a request is about, and where the store keeps it.

use machinery::{conversion, kind::Kind, status::Status};
use serde_json::Value;

/// The objects of one kind, of one namespace or of all.
#[derive(Debug, Clone)]
pub struct Target {
    /// In the version that the client speaks.
    pub kind: Kind,
    /// Empty: cluster-scoped, or all namespaces.
    pub namespace: String,
}

/// The kinds that a row of a table is about.
pub enum Kinds {
    /// All there are, also those that come at run time.
    Every,
    /// These.
    Of(&'static [Kind]),
    /// These, with their subresources.
    PartsOf(&'static [Kind]),
    /// Those of which another table says so.
    Where(fn(&Kind) -> bool),
}

impl Kinds {
    /// Whether the row is about objects of this kind.
    pub fn contain(&self, kind: &Kind) -> bool {
        match self {
            Self::Every => true,
            Self::Of(kinds) | Self::PartsOf(kinds) => kinds.contains(kind),
            Self::Where(contains) => contains(kind),
        }
    }
}

impl Target {
    /// All objects of a kind.
    pub fn all(kind: Kind) -> Self {
        Self { kind, namespace: String::new() }
    }

    /// The objects of a kind in one namespace.
    pub fn in_namespace(kind: Kind, namespace: &str) -> Self {
        Self { kind, namespace: namespace.to_owned() }
    }

    /// Where the collection's keys begin: `core/pods/` or `core/pods/default/`.
    pub fn prefix(&self) -> String {
        let collection = self.collection();
        if self.namespace.is_empty() { collection } else { format!("{collection}{}/", self.namespace) }
    }

    /// Where the keys of the kind begin, whatever their namespace.
    pub fn collection(&self) -> String {
        let storage = self.kind.storage();
        let group = if storage.group.is_empty() { "core" } else { &storage.group };
        format!("{group}/{}/", storage.plural)
    }

    /// The key of one object.
    pub fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix())
    }

    /// An object as stored, in the client's version.
    pub fn present(&self, object: Value) -> Value {
        conversion::present(object, &self.kind)
    }

    /// An object as the client sent it, in the version in which it is worked on.
    pub fn working_form(&self, object: Value) -> Value {
        conversion::convert(object, self.working_kind())
    }

    /// The kind in whose version objects are completed and judged. Built-in kinds have one form for all versions, which is
    /// the stored one; each version of a custom kind has a schema of its own.
    pub fn working_kind(&self) -> &Kind {
        if self.kind.is_built_in() { self.kind.storage() } else { &self.kind }
    }

    /// An object of the store in the form in which it is worked on.
    pub fn opened(&self, object: Value) -> Value {
        if self.kind.is_built_in() { object } else { self.present(object) }
    }

    /// An object that was worked on, as it is stored.
    pub fn stored(&self, object: Value) -> Value {
        conversion::convert(object, self.kind.storage())
    }

    /// What a client hears of an object that is not there.
    pub fn not_found(&self, name: &str) -> Status {
        Status::not_found(&self.kind, name)
    }
}
