//! DELETE, of one object or a collection: gracefully where the kind knows grace, after its finalizers where it has any
//! (`rest.BeforeDelete` and `Store.Delete` of `k8s.io/apiserver/pkg/registry`).

use super::{
    Registry, Target,
    namespace_lifecycle::admit_deletion,
    system_fields,
    transaction::{Next, Outcome},
    update::is_held,
};
use crate::options::{DeleteOptions, ListOptions, bounded_grace_period};
use api::{kind::Kind, meta, status::Status, strategy};
use jiff::Timestamp;
use serde_json::Value;

/// What a deletion led to.
#[derive(Debug)]
pub enum Deletion {
    /// The object is gone.
    Gone(Value),
    /// It goes when its grace period and its finalizers are over.
    Pending(Value),
}

impl Registry {
    /// Deletes one object, or begins to.
    pub async fn delete(&self, target: &Target, name: &str, options: &DeleteOptions) -> Result<Deletion, Status> {
        admit_deletion(target, name)?;
        let now = Timestamp::now();
        let outcome = self
            .transact(target, name, options.is_dry_run(), |object| {
                check_preconditions(&target.kind, object, options)?;
                Ok(decide(&target.kind, object, options, now))
            })
            .await?;
        let gone = matches!(outcome, Outcome::Deleted(_));
        let object = target.present(outcome.into_object());
        Ok(if gone { Deletion::Gone(object) } else { Deletion::Pending(object) })
    }

    /// Deletes all objects of a collection that the selectors let through, and returns what they were.
    pub async fn delete_collection(
        &self,
        target: &Target,
        selection: &ListOptions,
        options: &DeleteOptions,
    ) -> Result<Vec<Value>, Status> {
        let mut deleted = Vec::new();
        for object in self.list(target, selection).await?.objects {
            let value = object.value();
            let one = Target { kind: target.kind.clone(), namespace: meta::namespace(&value).to_string() };
            match self.delete(&one, meta::name(&value), options).await {
                Ok(Deletion::Gone(object) | Deletion::Pending(object)) => deleted.push(object),
                Err(status) if status.code() == 404 => {}
                Err(status) => return Err(status),
            }
        }
        Ok(deleted)
    }
}

fn check_preconditions(kind: &Kind, object: &Value, options: &DeleteOptions) -> Result<(), Status> {
    let Some(preconditions) = &options.preconditions else { return Ok(()) };
    let name = meta::name(object);
    let differs = |what: &str, asked: &Option<String>, is: &str| match asked {
        Some(asked) if asked != is => {
            let cause = format!("Precondition failed: {what} in precondition: {asked}, {what} in object meta: {is}");
            Err(Status::conflict(kind, name, cause))
        }
        _ => Ok(()),
    };
    differs("UID", &preconditions.uid, meta::uid(object))?;
    differs("ResourceVersion", &preconditions.resource_version, meta::resource_version(object))
}

/// What a deletion does to an object.
fn decide(kind: &Kind, object: &Value, options: &DeleteOptions, now: Timestamp) -> Next {
    let asked = options.grace_period_seconds;
    let grace = strategy::of(kind.storage()).deletion_grace_period(object, asked);
    let grace = grace.map_or(0, bounded_grace_period);
    let held = is_held(kind, object);
    let mut going = object.clone();
    if meta::deletion_timestamp(object).is_some() {
        let left = meta::deletion_grace_period(object).unwrap_or(0);
        // A later call may only hurry; who names no time does not.
        return match (grace < left && asked.is_some(), (grace == 0 || left == 0) && !held) {
            (_, true) => Next::Delete(going),
            (true, false) => {
                system_fields::hurry(&mut going, grace, now);
                Next::Put(going)
            }
            (false, false) => Next::Keep,
        };
    }
    if grace == 0 && !held {
        return Next::Delete(going);
    }
    system_fields::mark_deleted(&mut going, now, grace);
    if kind.kind == "Namespace" && kind.group.is_empty() {
        going["status"]["phase"] = "Terminating".into();
    }
    Next::Put(going)
}
