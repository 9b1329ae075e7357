//! The one way in which objects change: read, ask what is wanted, complete and judge it, write it if nothing changed in
//! between, else again (`GuaranteedUpdate` of `k8s.io/apiserver/pkg/storage/etcd3/store.go`).

use super::{
    Registry, before_write,
    damaged::damaged,
    permission,
    proposal::{Next, Outcome, Proposal},
    store_form, unavailable,
};
use crate::{
    admission::{self, Attributes, Operation},
    target::Target,
};
use api::rbac;
use machinery::{meta, status::Status};
use serde_json::Value;
use store::{Revision, Write};

/// An object of the store.
type Current = Option<(Value, Revision)>;

impl Registry {
    /// Changes one object. `propose` sees its current state, if it has one, and may run again when somebody else was
    /// faster.
    pub async fn change(
        &self,
        attributes: &Attributes<'_>,
        mut propose: impl FnMut(Option<&Value>) -> Result<Proposal, Status>,
    ) -> Result<Outcome, Status> {
        let mut current = self.begin(attributes).await?;
        loop {
            let old = current.as_ref().map(|(object, _)| object);
            let next = self.next(attributes, old, propose(old)?).await?;
            let Some((write, next, outcome)) = write(attributes.target, &current, next)? else {
                return Ok(current.map_or(Outcome::Absent, |(object, _)| Outcome::Kept(object)));
            };
            if attributes.options.dry_run {
                return Ok(outcome(next));
            }
            match self.store.write(write).await {
                Ok(revision) => {
                    self.await_rights(attributes.target, revision).await;
                    return Ok(outcome(store_form::at(next, revision)));
                }
                Err(store::Error::Conflict { current: found, .. }) => {
                    let decoded = found.as_ref().map(store_form::decode).transpose();
                    let decoded = decoded.map_err(|_| damaged(attributes.target, meta::name(&next)))?;
                    current = decoded.map(|(object, revision)| (attributes.target.opened(object), revision));
                }
                Err(error) => return Err(unavailable(&error)),
            }
        }
    }

    /// What gives or takes rights has done so when it is answered: decisions are made by what the cache knows.
    async fn await_rights(&self, target: &Target, revision: Revision) {
        if target.kind.group == rbac::GROUP
            && let Err(status) = self.cache.wait_for(revision).await
        {
            tracing::warn!(%status, "rights have changed, and decisions do not know it yet");
        }
    }

    /// Asks the plugins about what is posted to a subresource.
    pub async fn admit(&self, attributes: &Attributes<'_>, object: &mut Value) -> Result<(), Status> {
        admission::mutate(self.surroundings(), attributes, None, object).await?;
        admission::validate(self.surroundings(), attributes, None, Some(object)).await
    }

    /// What there is to begin with. Who creates takes it that there is nothing: the store says so if there is.
    async fn begin(&self, attributes: &Attributes<'_>) -> Result<Current, Status> {
        let Attributes { target, name, .. } = attributes;
        if attributes.operation == Operation::Create && attributes.subresource.is_empty() && !attributes.options.dry_run
        {
            return Ok(None);
        }
        self.cache.catch_up().await?;
        let held = self.cache.collection(&target.collection()).get(&target.key(name));
        if held.is_none() && self.damaged(target, name).is_some() {
            return Err(damaged(target, name));
        }
        Ok(held.map(|held| (target.opened(held.value()), held.revision)))
    }

    async fn next(&self, attributes: &Attributes<'_>, old: Option<&Value>, proposal: Proposal) -> Result<Next, Status> {
        let (wanted, is_noted) = match proposal {
            Proposal::Wanted(wanted) => (wanted, false),
            Proposal::Applied(wanted) => (wanted, true),
            Proposal::Decided(next) => {
                if attributes.operation == Operation::Delete && old.is_some() {
                    admission::validate(self.surroundings(), attributes, old, None).await?;
                }
                return Ok(next);
            }
        };
        if let Some(old) = old {
            return before_write::advance(self, attributes, old, wanted, is_noted).await;
        }
        if attributes.operation != Operation::Create {
            permission::create(&self.authorizer, attributes).await?;
        }
        before_write::create(self, attributes, wanted, is_noted).await.map(Next::Put)
    }
}

/// The write that does it, with the object that it leaves; none if there is nothing to do.
#[allow(clippy::type_complexity, reason = "the parts are used at once, in one place")]
fn write(
    target: &Target,
    current: &Current,
    next: Next,
) -> Result<Option<(Write, Value, fn(Value) -> Outcome)>, Status> {
    Ok(match (next, current) {
        (Next::Keep, _) | (Next::Delete(_), None) => None,
        (Next::Put(next), Some((old, _))) if next == *old => None,
        (Next::Put(mut next), Some((_, revision))) => {
            let key = target.key(meta::name(&next));
            Some((Write::update(&key, *revision, stored(target, &mut next)?), next, Outcome::Updated))
        }
        (Next::Put(mut next), None) => {
            let key = target.key(meta::name(&next));
            Some((Write::create(key, stored(target, &mut next)?), next, Outcome::Created))
        }
        (Next::Delete(last), Some((_, revision))) => {
            let key = target.key(meta::name(&last));
            Some((Write::delete(&key, *revision), last, Outcome::Deleted))
        }
    })
}

/// What the store keeps of an object that was worked on, in the version in which it keeps it.
fn stored(target: &Target, object: &mut Value) -> Result<Vec<u8>, Status> {
    if target.working_kind() == target.kind.storage() {
        return store_form::encode(object);
    }
    store_form::encode(&mut target.stored(object.clone()))
}
