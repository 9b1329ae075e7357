//! POST of `pods/{name}/eviction`: a pod goes if no `PodDisruptionBudget` needs it
//! (`pkg/registry/core/pod/storage/eviction.go`).

mod budget;
mod request;

use super::{Answer, Call};
use crate::{
    action::Action,
    admission::{Attributes, Operation},
    body::RequestBody,
    options::{DeleteOptions, Version, WriteOptions, Writing},
    registry::{Next, Proposal},
    response,
    target::Target,
};
use api::kinds::{POD, POD_DISRUPTION_BUDGET};
use budget::Verdict;
use jiff::Timestamp;
use machinery::{
    meta,
    status::{Reason, Status},
};
use serde_json::Value;

/// How often an eviction is tried while others change its pod.
const ATTEMPTS: usize = 20;

/// An eviction that is understood and admitted.
struct Eviction<'a> {
    call: &'a Call<'a>,
    options: DeleteOptions,
    write: WriteOptions,
}

/// Evicts a pod.
pub async fn create(call: &Call<'_>, body: RequestBody) -> Answer {
    let write = call.write_options(Writing::Create)?;
    let mut body = request::decode(call.document(body).await?, &call.action.name, write.field_validation)?;
    let options = request::delete_options(&body, write.dry_run)?;
    call.backend.registry.admit(&call.attributes(Operation::Create, &write), &mut body).await?;
    let write = WriteOptions { dry_run: options.is_dry_run(), ..write };
    Eviction { call, options, write }.run().await?;
    Ok(response::status(&Status::success(201)))
}

impl Eviction<'_> {
    /// A pod that serves nobody goes without more ado, others as their budget lets them. The budget is charged once: what
    /// fails after that is the client's to try again.
    async fn run(&self) -> Result<(), Status> {
        match self.delete_idle().await? {
            Some(pod) => self.delete_protected(&pod).await,
            None => Ok(()),
        }
    }

    /// Deletes the pod if it needs no budget's leave, and gives it back if it does. One that has changed meanwhile is
    /// looked at again.
    async fn delete_idle(&self) -> Result<Option<Value>, Status> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let pod = self.pod().await?;
            if !request::needs_no_budget(&pod) {
                return Ok(Some(pod));
            }
            let seen = (!request::has_ended(&pod)).then(|| meta::resource_version(&pod).to_owned());
            match self.delete(seen).await {
                Err(status) if status.reason == Reason::Conflict && self.is_patient() && attempt < ATTEMPTS => {}
                outcome => return outcome.map(|()| None),
            }
        }
    }

    async fn delete_protected(&self, pod: &Value) -> Result<(), Status> {
        let Some(budget) = self.budget(pod).await? else { return self.delete(None).await };
        if budget::spares(&budget, pod) {
            let refused_late = |status: Status| match status.reason {
                Reason::Conflict if self.is_patient() => budget::busy(meta::name(&budget)),
                _ => status,
            };
            return self.delete(Some(meta::resource_version(pod).to_owned())).await.map_err(refused_late);
        }
        self.charge(&budget).await?;
        self.delete(None).await
    }

    /// Whether the client leaves open which state of the pod it means.
    fn is_patient(&self) -> bool {
        self.options.resource_version().is_none()
    }

    /// The pod, if it is the one that the client means.
    async fn pod(&self) -> Result<Value, Status> {
        let Action { target, name, .. } = &self.call.action;
        let pod = self.call.backend.registry.get(target, name, Version::MostRecent).await?.value();
        self.options.check(&POD, &pod)?;
        Ok(pod)
    }

    /// The one budget that protects the pod.
    async fn budget(&self, pod: &Value) -> Result<Option<Value>, Status> {
        let budgets = Target::in_namespace(POD_DISRUPTION_BUDGET, &self.call.action.target.namespace);
        let all = self.call.backend.registry.all(&budgets).await?;
        budget::of_pod(all.iter().map(|budget| budget.value()), pod)
    }

    /// Takes one disruption from the budget, if it has one left.
    async fn charge(&self, budget: &Value) -> Result<(), Status> {
        let budgets = Target::in_namespace(POD_DISRUPTION_BUDGET, meta::namespace(budget));
        let (name, now) = (meta::name(budget), Timestamp::now());
        let attributes = Attributes::of(self.call.user, Operation::Update, &budgets, name, &self.write);
        let propose = |budget: Option<&Value>| {
            let budget = budget.ok_or_else(|| budgets.not_found(name))?;
            match budget::charge(budget, &self.call.action.name, now) {
                Verdict::Charged(budget) => Ok(Proposal::Decided(Next::Put(budget))),
                Verdict::Refused(status) => Err(status),
            }
        };
        self.call.backend.registry.change(&attributes, propose).await.map(|_| ())
    }

    /// Says in the pod why it goes, and deletes it; `seen` is the state that it must be in.
    async fn delete(&self, seen: Option<String>) -> Result<(), Status> {
        let mut options = self.options.clone();
        if let Some(seen) = seen.filter(|_| options.resource_version().is_none()) {
            options.require_resource_version(seen);
        }
        if !self.write.dry_run {
            self.mark(&mut options).await?;
        }
        let attributes = self.attributes(Operation::Delete);
        let deletion = self.call.backend.registry.delete(&attributes, &options).await?;
        deletion.map(|_| ()).ok_or_else(|| attributes.target.not_found(attributes.name))
    }

    /// Notes why the pod goes. If it had to be in one state, it has to be in the one after this from now on.
    async fn mark(&self, options: &mut DeleteOptions) -> Result<(), Status> {
        let attributes = self.attributes(Operation::Update);
        let propose = |pod: Option<&Value>| {
            let pod = pod.ok_or_else(|| attributes.target.not_found(attributes.name))?;
            options.check(&POD, pod)?;
            Ok(Proposal::Decided(Next::Put(request::marked(pod, Timestamp::now()))))
        };
        let marked = self.call.backend.registry.change(&attributes, propose).await?.into_object();
        if let Some(marked) = marked.filter(|_| options.resource_version().is_some()) {
            options.require_resource_version(meta::resource_version(&marked).to_owned());
        }
        Ok(())
    }

    fn attributes(&self, operation: Operation) -> Attributes<'_> {
        let Call { user, action, .. } = self.call;
        Attributes::of(user, operation, &action.target, &action.name, &self.write)
    }
}
