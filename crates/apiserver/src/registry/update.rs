//! UPDATE, of an object or a part of it.

use super::{Outcome, Proposal, Registry, View, Written, before_write};
use crate::{admission::Attributes, target::Target};
use machinery::{
    decode,
    field::{Error, Path},
    meta,
    serializer::Document,
    status::Status,
    strategy,
};
use serde_json::Value;

impl Registry {
    /// Replaces an object, or a part of it.
    pub async fn update(&self, attributes: &Attributes<'_>, view: &View, body: Document) -> Result<Written, Status> {
        let Attributes { target, name, part, .. } = attributes;
        let kind = view.kind_of(&target.kind);
        let (wanted, warnings) = decode::object(kind, body, attributes.options.field_validation)?;
        let wanted = before_write::named(target, name, wanted)?;
        let is_whole = part.is_whole() && attributes.subresource.is_empty();
        let may_create = is_whole && strategy::of(target.kind.storage()).allow_create_on_update();
        let is_conditional = !meta::resource_version(&wanted).is_empty();
        let propose = |old: Option<&Value>| match old {
            Some(_) if !is_conditional && !target.kind.behaviour.updates_unconditionally => {
                Err(unconditional(target, name))
            }
            Some(old) => {
                let new = view.put(&target.kind, || target.present(old.clone()), wanted.clone())?;
                Ok(Proposal::Wanted(target.working_form(new)))
            }
            None if may_create => Ok(Proposal::Wanted(target.working_form(wanted.clone()))),
            None => Err(target.not_found(name)),
        };
        let outcome = self.change(attributes, propose).await?;
        written(attributes, view, outcome, warnings)
    }
}

/// Who replaces an object of some kinds has to say which state of it is meant.
fn unconditional(target: &Target, name: &str) -> Status {
    let path = Path::new("metadata").child("resourceVersion");
    let error = Error::invalid(&path, 0, "must be specified for an update");
    Status::invalid(&target.kind, name, &[error])
}

/// What a client hears of a change.
pub(super) fn written(
    attributes: &Attributes<'_>,
    view: &View,
    outcome: Outcome,
    mut warnings: Vec<String>,
) -> Result<Written, Status> {
    let Attributes { target, name, part, .. } = attributes;
    let created = matches!(outcome, Outcome::Created(_));
    let object = outcome.into_object().ok_or_else(|| target.not_found(name))?;
    warnings.extend(before_write::warnings(&target.kind, *part, &object, created));
    Ok(Written { object: view.show(&target.kind, target.present(object))?, created, warnings })
}
