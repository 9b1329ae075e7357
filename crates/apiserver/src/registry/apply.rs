//! Server-side apply: a PATCH that says what its manager wants of an object, which may not exist yet.

use super::{
    Registry, Target, WriteOptions, Written,
    update::{advance, settle},
};
use api::{
    apply,
    schema::{self, Definition, Document},
    status::Status,
    strategy::{self, Part},
};

impl Registry {
    /// Brings an object, or its status, to what the manager wants.
    pub async fn apply(
        &self,
        target: &Target,
        name: &str,
        part: Part,
        body: Document,
        options: &WriteOptions,
    ) -> Result<Written, Status> {
        let force = options.force;
        let (wanted, mut warnings) = schema::decode_applied(&target.kind, body, options.field_validation)?;
        let wanted = super::update::named(target, name, wanted)?;
        apply::check(Definition::of(&target.kind).ok_or_else(Status::no_such_resource)?, &wanted)?;
        let definition = Definition::of(target.kind.storage()).ok_or_else(Status::no_such_resource)?;
        let stored = target.store_form(wanted);
        let outcome = self
            .transact(target, name, options.dry_run, |old| {
                let new = apply::apply(definition, Some(old), &stored, options.writer(part), force)?;
                let new = advance(target, part, old, new)?;
                self.admit_change(target, &new)?;
                Ok(settle(&target.kind, new))
            })
            .await;
        match outcome {
            Err(status) if status.code() == 404 && part == Part::Whole => {
                let new = apply::apply(definition, None, &stored, options.writer(part), force)?;
                self.insert(target, new, warnings, options.dry_run).await
            }
            Err(status) => Err(status),
            Ok(outcome) => {
                let object = outcome.into_object();
                if part == Part::Whole {
                    warnings.extend(strategy::of(target.kind.storage()).warnings_on_update(&object));
                }
                Ok(Written { object: target.present(object), created: false, warnings })
            }
        }
    }
}
