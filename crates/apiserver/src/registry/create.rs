//! CREATE.

use super::{Next, Outcome, Proposal, Registry, Written, before_write};
use crate::admission::Attributes;
use machinery::{decode, meta, serializer::Document, status::Status};
use serde_json::Value;

/// How many names are tried for `generateName` (KEP-4420).
const ATTEMPTS: usize = 8;

impl Registry {
    /// Creates an object.
    pub async fn create(&self, attributes: &Attributes<'_>, body: Document) -> Result<Written, Status> {
        let target = attributes.target;
        let (mut object, mut warnings) = decode::object(&target.kind, body, attributes.options.field_validation)?;
        before_write::accept_namespace(target, &mut object)?;
        if !meta::resource_version(&object).is_empty() {
            return Err(Status::bad_request("resourceVersion should not be set on objects to be created"));
        }
        let name = meta::name(&object).to_owned();
        let created =
            self.insert(&Attributes { name: &name, ..attributes.clone() }, target.working_form(object)).await?;
        warnings.extend(before_write::warnings(&target.kind, attributes.part, &created, true));
        Ok(Written { object: target.present(created), created: true, warnings })
    }

    /// Creates an object that is in its working form, under its own name or one that is made for it.
    async fn insert(&self, attributes: &Attributes<'_>, object: Value) -> Result<Value, Status> {
        let propose = |old: Option<&Value>| match old {
            None => Ok(Proposal::Wanted(object.clone())),
            Some(_) => Ok(Proposal::Decided(Next::Keep)),
        };
        let is_generated = attributes.name.is_empty() && !meta::generate_name(&object).is_empty();
        for _ in 0..if is_generated { ATTEMPTS } else { 1 } {
            if let Outcome::Created(created) = self.change(attributes, propose).await? {
                return Ok(created);
            }
        }
        let kind = &attributes.target.kind;
        Err(if is_generated {
            Status::generated_name_conflict(kind, meta::generate_name(&object))
        } else {
            Status::already_exists(kind, attributes.name)
        })
    }
}
