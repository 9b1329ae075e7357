//! Server-side apply: a PATCH that says what its manager wants of an object, which may not exist yet.

use super::{Proposal, Registry, View, Written, before_write, managed_fields::writer, update::written};
use crate::admission::Attributes;
use machinery::{apply, decode, serializer::Document, status::Status};
use serde_json::Value;

impl Registry {
    /// Brings an object, or a part of it, to what the manager wants.
    pub async fn apply(&self, attributes: &Attributes<'_>, view: &View, body: Document) -> Result<Written, Status> {
        let Attributes { target, name, options, .. } = attributes;
        let kind = view.kind_of(&target.kind);
        let (wanted, warnings) = decode::applied(kind, body, options.field_validation)?;
        let wanted = before_write::named(target, name, wanted)?;
        apply::check(kind.definition().ok_or_else(Status::no_such_resource)?, &wanted)?;
        let definition = target.working_kind().definition().ok_or_else(Status::no_such_resource)?;
        let stored = target.working_form(view.applied(&target.kind, wanted)?);
        let may_create = attributes.subresource.is_empty();
        let propose = |old: Option<&Value>| {
            if old.is_none() && !may_create {
                return Err(target.not_found(name));
            }
            let new = apply::apply(definition, old, &stored, writer(attributes), options.force)?;
            Ok(Proposal::Applied(new))
        };
        let outcome = self.change(attributes, propose).await?;
        written(attributes, view, outcome, warnings)
    }
}
