//! What is done, by whom, to what (`k8s.io/apiserver/pkg/admission/attributes.go`).

use crate::{options::WriteOptions, target::Target, user::User};
use machinery::{meta, status::Status, strategy::Part};
use serde_json::Value;
use std::fmt;

/// What a write does to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// It makes it, or something that is posted to its subresource.
    Create,
    /// It changes it.
    Update,
    /// It ends it.
    Delete,
}

/// A write, all but its object.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    /// Who writes.
    pub user: &'a User,
    /// What the write does.
    pub operation: Operation,
    /// To objects of which kind, where.
    pub target: &'a Target,
    /// To which; empty for one that is yet to get its name.
    pub name: &'a str,
    /// Which part of the object changes.
    pub part: Part,
    /// Through which subresource; empty for the object itself.
    pub subresource: &'a str,
    /// What else the client says.
    pub options: &'a WriteOptions,
}

impl<'a> Attributes<'a> {
    /// A write to a whole object.
    pub fn of(
        user: &'a User,
        operation: Operation,
        target: &'a Target,
        name: &'a str,
        options: &'a WriteOptions,
    ) -> Self {
        Self { user, operation, target, name, part: Part::Whole, subresource: "", options }
    }

    /// The refusal of a plugin. An object that is yet to get its name is called by what its name is made of
    /// (`k8s.io/apiserver/pkg/admission/errors.go`).
    pub fn forbidden(&self, object: Option<&Value>, cause: impl fmt::Display) -> Status {
        let given = object.map_or(["", ""], |object| [meta::name(object), meta::generate_name(object)]);
        let names = [self.name].into_iter().chain(given);
        let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or("Unknown");
        Status::forbidden(&self.target.kind, name, cause)
    }
}
