//! What becomes of an object that a client wants, before it is written (`rest.BeforeCreate`, `rest.BeforeUpdate` of
//! `k8s.io/apiserver/pkg/registry/rest`).

use super::{Next, Registry, managed_fields, permission, system_fields};
use crate::{
    admission::{self, Attributes, Operation},
    certificate_request,
    target::Target,
    trust_bundle,
};
use jiff::Timestamp;
use machinery::{
    kind::Kind,
    meta,
    status::Status,
    strategy::{self, Part},
};
use serde_json::Value;
use uuid::Uuid;

/// A new object, in the form in which it is worked on, ready to be written.
pub(super) async fn create(
    registry: &Registry,
    asked: &Attributes<'_>,
    mut object: Value,
    is_noted: bool,
) -> Result<Value, Status> {
    let attributes = &Attributes { operation: Operation::Create, ..asked.clone() };
    let kind = &attributes.target.kind;
    let strategy = strategy::of(attributes.target.working_kind());
    strategy.default(&mut object);
    // What plugins add is not the client's.
    if !is_noted {
        managed_fields::record(attributes, None, &mut object);
    }
    admission::mutate(registry.surroundings(), attributes, None, &mut object).await?;
    permission::grant(&registry.authorizer, asked, None, &object).await?;
    system_fields::initialize(&mut object, &Uuid::new_v4().to_string(), Timestamp::now());
    if meta::name(&object).is_empty() && !meta::generate_name(&object).is_empty() {
        let (random, _) = Uuid::new_v4().as_u64_pair();
        let name = meta::generated_name(meta::generate_name(&object), random);
        meta::set(&mut object, "name", name);
    }
    strategy.prepare_for_create(&mut object);
    certificate_request::note_user(kind, attributes.user, &mut object);
    let errors = strategy.validate(&object);
    if !errors.is_empty() {
        return Err(Status::invalid(kind, meta::name(&object), &errors));
    }
    certificate_request::validate(kind, &object)?;
    trust_bundle::validate(kind, None, &object)?;
    admission::validate(registry.surroundings(), attributes, None, Some(&object)).await?;
    Ok(object)
}

/// What becomes of `old` when a client wants it to be `new`, both in the form in which they are worked on.
pub(super) async fn advance(
    registry: &Registry,
    attributes: &Attributes<'_>,
    old: &Value,
    mut new: Value,
    is_noted: bool,
) -> Result<Next, Status> {
    let (kind, part) = (&attributes.target.kind, attributes.part);
    let strategy = strategy::of(attributes.target.working_kind());
    check_preconditions(kind, old, &new)?;
    system_fields::keep(&mut new, old);
    strategy.default(&mut new);
    admission::mutate(registry.surroundings(), attributes, Some(old), &mut new).await?;
    permission::grant(&registry.authorizer, attributes, Some(old), &new).await?;
    strategy.prepare_for_update(part, &mut new, old);
    let errors = strategy.validate_update(part, &new, old);
    if !errors.is_empty() {
        return Err(Status::invalid(kind, meta::name(old), &errors));
    }
    trust_bundle::validate(kind, Some(old), &new)?;
    admission::validate(registry.surroundings(), attributes, Some(old), Some(&new)).await?;
    if !is_noted {
        managed_fields::record(attributes, Some(old), &mut new);
    }
    Ok(settle(kind, new))
}

/// The client may say which state of which object it means.
fn check_preconditions(kind: &Kind, old: &Value, new: &Value) -> Result<(), Status> {
    let (version, uid) = (meta::resource_version(new), meta::uid(new));
    if !version.is_empty() && version != meta::resource_version(old) {
        return Err(Status::modified(kind, meta::name(old)));
    }
    if !uid.is_empty() && uid != meta::uid(old) {
        let cause = format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {}", meta::uid(old));
        return Err(Status::conflict(kind, meta::name(old), cause));
    }
    Ok(())
}

/// What a client should know about an object that it has written.
pub(super) fn warnings(kind: &Kind, part: Part, object: &Value, created: bool) -> Vec<String> {
    let strategy = strategy::of(kind.storage());
    match part {
        _ if created => strategy.warnings(object),
        Part::Whole => strategy.warnings_on_update(object),
        _ => Vec::new(),
    }
}

/// An object that nothing holds back any longer goes, others are written.
pub(super) fn settle(kind: &Kind, new: Value) -> Next {
    if is_released(kind, &new) { Next::Delete(new) } else { Next::Put(new) }
}

/// Whether nothing holds back the deletion of an object any longer (`ShouldDeleteDuringUpdate`).
fn is_released(kind: &Kind, object: &Value) -> bool {
    meta::deletion_timestamp(object).is_some()
        && !is_held(kind, object)
        && meta::deletion_grace_period(object).unwrap_or(0) == 0
}

/// Whether finalizers hold an object back, in either list if its kind has two.
pub(super) fn is_held(kind: &Kind, object: &Value) -> bool {
    let second = kind.behaviour.deletion.finalizers.and_then(|place| object.pointer(place)?.as_array());
    meta::finalizers(object).next().is_some() || second.is_some_and(|list| !list.is_empty())
}

/// The namespace of the object is that of the request (`EnsureObjectNamespaceMatchesRequestNamespace`).
pub(super) fn accept_namespace(target: &Target, object: &mut Value) -> Result<(), Status> {
    let given = meta::namespace(object);
    if !given.is_empty() && given != target.namespace {
        return Err(Status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    if target.kind.namespaced {
        meta::set(object, "namespace", target.namespace.as_str());
    }
    Ok(())
}

/// A client's object with name and namespace of the request, which its own must not contradict.
pub(super) fn named(target: &Target, name: &str, mut object: Value) -> Result<Value, Status> {
    accept_namespace(target, &mut object)?;
    let given = meta::name(&object);
    if given.is_empty() {
        meta::set(&mut object, "name", name);
    } else if given != name {
        return Err(Status::bad_request(format!(
            "the name of the object ({given}) does not match the name on the URL ({name})"
        )));
    }
    Ok(object)
}
