//! UPDATE, of an object or its status.

use super::{Registry, Target, WriteOptions, Written, create, managed_fields, system_fields, transaction::Next};
use api::{
    kind::Kind,
    meta,
    schema::{self, Document},
    status::Status,
    strategy::{self, Part},
};
use serde_json::Value;

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
        let (object, mut warnings) = schema::decode(&target.kind, body, options.field_validation)?;
        let object = named(target, name, object)?;
        let strategy = strategy::of(target.kind.storage());
        let creatable = part == Part::Whole && strategy.allow_create_on_update();
        let outcome = self
            .transact(target, name, options.dry_run, |old| {
                let mut new = advance(target, part, old, target.store_form(object.clone()))?;
                self.admit_change(target, &new)?;
                managed_fields::record(target, part, Some(old), &mut new, options);
                Ok(settle(&target.kind, new))
            })
            .await;
        match outcome {
            Err(status) if status.code() == 404 && creatable => {
                let mut object = target.store_form(object);
                strategy.default(&mut object);
                managed_fields::record(target, part, None, &mut object, options);
                self.insert(target, object, warnings, options.dry_run).await
            }
            Err(status) => Err(status),
            Ok(outcome) => {
                let object = outcome.into_object();
                if part == Part::Whole {
                    warnings.extend(strategy.warnings_on_update(&object));
                }
                Ok(Written { object: target.present(object), created: false, warnings })
            }
        }
    }
}

/// What becomes of `old` when a client wants it to be `new`, both in their stored form
/// (`rest.BeforeUpdate` of `k8s.io/apiserver/pkg/registry/rest/update.go`).
pub(super) fn advance(target: &Target, part: Part, old: &Value, mut new: Value) -> Result<Value, Status> {
    let kind = &target.kind;
    let name = meta::name(old);
    let strategy = strategy::of(kind.storage());
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
    strategy.prepare_for_update(part, &mut new, old);
    let errors = strategy.validate_update(part, &new, old);
    if !errors.is_empty() {
        return Err(Status::invalid(kind, name, &errors));
    }
    Ok(new)
}

/// An object that nothing holds back any longer goes, others are written.
pub(super) fn settle(kind: &Kind, new: Value) -> Next {
    if is_released(kind, &new) { Next::Delete(new) } else { Next::Put(new) }
}

/// A client's object with name and namespace of the request, which its own must not contradict.
pub(super) fn named(target: &Target, name: &str, mut object: Value) -> Result<Value, Status> {
    create::accept_namespace(target, &mut object)?;
    accept_name(&mut object, name)?;
    Ok(object)
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
