//! How a client sees the part of an object that it reads or writes.

use machinery::{kind::Kind, status::Status};
use serde_json::Value;
use std::borrow::Cow;

/// What a path shows of an object. Objects are in the version that the client speaks.
pub enum View {
    /// The object itself.
    Object,
    /// A subresource's own representation of it.
    Representation(Representation),
}

/// An object in the form of another kind.
pub struct Representation {
    /// That kind.
    pub kind: Kind,
    /// What is to be seen of an object of some kind.
    pub show: fn(&Kind, &Value) -> Result<Value, Status>,
    /// The object that results when its representation is to be this.
    pub put: fn(&Kind, &Value, &Value) -> Result<Value, Status>,
    /// The part of an object that an apply of its representation sets.
    pub applied: fn(&Kind, &Value) -> Result<Value, Status>,
}

impl View {
    /// The kind that clients send and get, of a resource of this kind.
    pub fn kind_of<'a>(&'a self, kind: &'a Kind) -> &'a Kind {
        match self {
            Self::Object => kind,
            Self::Representation(other) => &other.kind,
        }
    }

    /// What is to be seen of an object.
    pub fn show(&self, kind: &Kind, object: Value) -> Result<Value, Status> {
        match self {
            Self::Object => Ok(object),
            Self::Representation(other) => (other.show)(kind, &object),
        }
    }

    /// The same, of an object that is needed once more.
    pub(super) fn look_at<'a>(&self, kind: &Kind, object: &'a Value) -> Result<Cow<'a, Value>, Status> {
        match self {
            Self::Object => Ok(Cow::Borrowed(object)),
            Self::Representation(other) => (other.show)(kind, object).map(Cow::Owned),
        }
    }

    /// What becomes of an object, which is now `current`, that is to be seen like this.
    pub(super) fn put(&self, kind: &Kind, current: impl FnOnce() -> Value, wanted: Value) -> Result<Value, Status> {
        match self {
            Self::Object => Ok(wanted),
            Self::Representation(other) => (other.put)(kind, &current(), &wanted),
        }
    }

    /// The part of an object that an apply sets.
    pub(super) fn applied(&self, kind: &Kind, wanted: Value) -> Result<Value, Status> {
        match self {
            Self::Object => Ok(wanted),
            Self::Representation(other) => (other.applied)(kind, &wanted),
        }
    }
}
