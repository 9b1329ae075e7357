//! What a write wants to become of an object, and what became of it.

use serde_json::Value;

/// What a request wants to become of an object.
pub enum Proposal {
    /// It is to become this, in its working form: what is missing is filled in, it is admitted and validated, who made
    /// it is noted.
    Wanted(Value),
    /// The same, but its managers are noted already.
    Applied(Value),
    /// The server itself has decided: it is done as it stands.
    Decided(Next),
}

/// What is to become of an object.
pub enum Next {
    /// It stays as it is.
    Keep,
    /// It is created, or replaced.
    Put(Value),
    /// It goes; this is the state in which watchers see it for the last time.
    Delete(Value),
}

/// What became of it. The object has its resourceVersion and the stored version of its kind.
pub enum Outcome {
    /// There is none.
    Absent,
    /// Nothing, there was no need.
    Kept(Value),
    /// It is new.
    Created(Value),
    /// It has changed.
    Updated(Value),
    /// It is gone.
    Deleted(Value),
}

impl Outcome {
    /// The object, or its last state; `None` if there was none.
    pub fn into_object(self) -> Option<Value> {
        match self {
            Self::Absent => None,
            Self::Kept(object) | Self::Created(object) | Self::Updated(object) | Self::Deleted(object) => Some(object),
        }
    }
}
