//! DELETE: gracefully where the kind knows grace, after its finalizers where the object has any
//! (`rest.BeforeDelete` and `Store.Delete` of `k8s.io/apiserver/pkg/registry`).

use super::{Next, Outcome, Proposal, Registry, before_write::is_held, system_fields};
use crate::{
    admission::Attributes,
    options::{DeleteOptions, bounded_grace_period},
};
use jiff::Timestamp;
use machinery::{kind::Kind, meta, status::Status, strategy};
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
    /// Deletes one object, or begins to; `None` if there is none.
    pub async fn delete(
        &self,
        attributes: &Attributes<'_>,
        options: &DeleteOptions,
    ) -> Result<Option<Deletion>, Status> {
        if let Some(known) = self.delete_damaged(attributes).await? {
            return Ok(Some(Deletion::Gone(known)));
        }
        let (target, now) = (attributes.target, Timestamp::now());
        let propose = |object: Option<&Value>| {
            let Some(object) = object else { return Ok(Proposal::Decided(Next::Keep)) };
            options.check(&target.kind, object)?;
            Ok(Proposal::Decided(decide(&target.kind, object, options, now)))
        };
        Ok(match self.change(attributes, propose).await? {
            Outcome::Absent => None,
            Outcome::Deleted(object) => Some(Deletion::Gone(target.present(object))),
            Outcome::Kept(object) | Outcome::Created(object) | Outcome::Updated(object) => {
                Some(Deletion::Pending(target.present(object)))
            }
        })
    }
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
    // A mark may hold the object back.
    system_fields::mark_deleted(&mut going, now, grace);
    (kind.behaviour.deletion.mark)(&mut going);
    if grace == 0 && !is_held(kind, &going) { Next::Delete(object.clone()) } else { Next::Put(going) }
}
