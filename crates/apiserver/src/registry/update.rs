//! UPDATE, of an object or its status.

use super::{Registry, Target, WriteOptions, Written, create, system_fields, transaction::Next};
use api::{
    kinds::Kind,
    meta,
    schema::{self, Document},
    status::Status,
    strategy,
};
use serde_json::Value;

/// Which part of an object a write is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All but the status, of kinds that have the status as a subresource.
    Whole,
    /// The status only.
    Status,
}

impl Registry {
    /// Replaces an object, or its status.
    pub async fn update(
        &self,
        target: &Target,
        name: &str,
        part: Part,
        body: Document,
        options: &WriteOptions,
    ) -> Result<Written, Status> {
        let (mut object, mut warnings) = schema::decode(target.kind, body, options.field_validation)?;
        create::accept_namespace(target, &mut object)?;
        accept_name(&mut object, name)?;
        let strategy = strategy::of(target.kind.storage());
        let creatable = part == Part::Whole && strategy.allow_create_on_update();
        let new = object.clone();
        let outcome = self.transact(target, name, options.dry_run, |old| advance(target, part, old, new.clone())).await;
        match outcome {
            Err(status) if status.code() == 404 && creatable => {
                self.create_decoded(target, object, warnings, options.dry_run).await
            }
            Err(status) => Err(status),
            Ok(outcome) => {
                let object = outcome.into_object();
                if part == Part::Whole {
                    warnings.extend(strategy.warnings(&object));
                }
                Ok(Written { object: target.present(object), created: false, warnings })
            }
        }
    }
}

/// What becomes of `old` when a client, in its version of the kind, wants it to be `new`
/// (`rest.BeforeUpdate` of `k8s.io/apiserver/pkg/registry/rest/update.go`).
pub(super) fn advance(target: &Target, part: Part, old: &Value, new: Value) -> Result<Next, Status> {
    let kind = target.kind;
    let name = meta::name(old);
    let strategy = strategy::of(kind.storage());
    let mut new = target.store_form(new);
    let asked_version = meta::resource_version(&new);
    if !asked_version.is_empty() && asked_version != meta::resource_version(old) {
        return Err(Status::modified(kind, name));
    }
    let asked_uid = meta::uid(&new);
    if !asked_uid.is_empty() && asked_uid != meta::uid(old) {
        let cause =
            format!("Precondition failed: UID in precondition: {asked_uid}, UID in object meta: {}", meta::uid(old));
        return Err(Status::conflict(kind, name, cause));
    }
    system_fields::keep(&mut new, old);
    strategy.default(&mut new);
    let errors = match part {
        Part::Whole => {
            strategy.prepare_for_update(&mut new, old);
            strategy.validate_update(&new, old)
        }
        Part::Status => {
            strategy.prepare_status_update(&mut new, old);
            strategy.validate_status_update(&new, old)
        }
    };
    if !errors.is_empty() {
        return Err(Status::invalid(kind, name, &errors));
    }
    Ok(if is_released(kind, &new) { Next::Delete(new) } else { Next::Put(new) })
}

/// Whether nothing holds back the deletion of an object any longer (`ShouldDeleteDuringUpdate`).
pub(super) fn is_released(kind: &Kind, object: &Value) -> bool {
    meta::deletion_timestamp(object).is_some()
        && !is_held(kind, object)
        && meta::deletion_grace_period(object).unwrap_or(0) == 0
}

/// Whether finalizers hold an object back. Namespaces have a second list of them
/// (`pkg/registry/core/namespace/storage`).
pub(super) fn is_held(kind: &Kind, object: &Value) -> bool {
    let namespace = kind.group.is_empty() && kind.kind == "Namespace";
    let spec_finalizers = object.pointer("/spec/finalizers").and_then(Value::as_array);
    meta::finalizers(object).next().is_some() || (namespace && spec_finalizers.is_some_and(|list| !list.is_empty()))
}

/// The name of the object is that of the request.
fn accept_name(object: &mut Value, name: &str) -> Result<(), Status> {
    let given = meta::name(object);
    if given.is_empty() {
        meta::set(object, "name", name);
    } else if given != name {
        return Err(Status::bad_request(format!(
            "the name of the object ({given}) does not match the name on the URL ({name})"
        )));
    }
    Ok(())
}
