//! Admission: what happens to a write after it is understood and before it is done
//! (`k8s.io/apiserver/pkg/admission`). One chain of plugins, in the order of `pkg/kubeapiserver/options/plugins.go`:
//! first those that complete an object, then those that judge what came of it. What a plugin decides stands in
//! `api::admission`, as a function of values; here is what it is asked about, and what it looks up.

mod attributes;
mod bookkeeping;
mod certificates;
mod lookup;
mod namespace_lifecycle;
mod node_restriction;
mod plugins;
mod service_account;

pub use attributes::{Attributes, Operation};
pub use bookkeeping::is_all_that_changes;
pub use lookup::Lookup;

use crate::{authorization::Authorizer, cache::Cache, target::Kinds};
use futures::future::BoxFuture;
use machinery::{kind::Kind, status::Status};
use plugins::PLUGINS;
use serde_json::Value;

/// A row of the chain. A plugin that completes and judges has two.
struct Plugin {
    /// Its name in Kubernetes, which has some of them elsewhere.
    name: &'static str,
    /// What it is asked about.
    operations: &'static [Operation],
    /// Whose objects, by the kind in which they are stored; `Every` means their subresources too.
    kinds: Kinds,
    /// The kinds whose objects its decision depends on.
    looks_up: &'static [Kind],
    decide: Decide,
}

/// What a plugin does.
enum Decide {
    /// It completes an object, or refuses it.
    Mutate(fn(&Review<'_>, &mut Value) -> Result<(), Status>),
    /// The same, for one that waits: for what it looks up in some cases only, or for what others answer.
    MutateAsync(for<'a> fn(&'a Review<'a>, &'a mut Value) -> BoxFuture<'a, Result<(), Status>>),
    /// It lets a change through, or refuses it.
    Validate(fn(&Review<'_>) -> Result<(), Status>),
    /// The same, for one that waits.
    ValidateAsync(for<'a> fn(&'a Review<'a>) -> BoxFuture<'a, Result<(), Status>>),
}

impl Decide {
    fn is_mutating(&self) -> bool {
        matches!(self, Self::Mutate(_) | Self::MutateAsync(_))
    }

    fn is_validating(&self) -> bool {
        !self.is_mutating()
    }

    fn waits(&self) -> bool {
        matches!(self, Self::MutateAsync(_) | Self::ValidateAsync(_))
    }
}

/// What a plugin decides by.
struct Review<'a> {
    attributes: &'a Attributes<'a>,
    /// The object as it was, if there was one.
    old: Option<&'a Value>,
    /// The object as it is to be, in its working form; none if it is to go.
    object: Option<&'a Value>,
    lookup: Lookup<'a>,
    authorizer: &'a Authorizer,
}

/// Where plugins look.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    pub cache: &'a Cache,
    pub authorizer: &'a Authorizer,
}

impl Plugin {
    fn is_asked(&self, attributes: &Attributes<'_>) -> bool {
        let part = attributes.subresource.is_empty() || matches!(self.kinds, Kinds::Every | Kinds::PartsOf(_));
        part && self.operations.contains(&attributes.operation) && self.kinds.contain(attributes.target.kind.storage())
    }
}

/// The plugins that have something to do, once what they look up is as new as the last write that was answered. Waited
/// for once, not by each of them; those that wait by themselves say when.
async fn asked(
    cache: &Cache,
    attributes: &Attributes<'_>,
    does: fn(&Decide) -> bool,
) -> Result<Vec<&'static Plugin>, Status> {
    let asked = PLUGINS.iter().filter(|plugin| does(&plugin.decide) && plugin.is_asked(attributes)).collect::<Vec<_>>();
    if asked.iter().any(|plugin| !plugin.looks_up.is_empty() && !plugin.decide.waits()) {
        cache.catch_up().await?;
    }
    Ok(asked)
}

/// Completes an object that is to be written; `old` is the one that there is.
pub async fn mutate(
    around: Surroundings<'_>,
    attributes: &Attributes<'_>,
    old: Option<&Value>,
    object: &mut Value,
) -> Result<(), Status> {
    let Surroundings { cache, authorizer } = around;
    for plugin in asked(cache, attributes, Decide::is_mutating).await? {
        let lookup = Lookup::new(cache, plugin.looks_up);
        let review = Review { attributes, old, object: None, lookup, authorizer };
        let decided = match plugin.decide {
            Decide::Mutate(decide) => decide(&review, object),
            Decide::MutateAsync(decide) => decide(&review, object).await,
            Decide::Validate(_) | Decide::ValidateAsync(_) => Ok(()),
        };
        decided.inspect_err(|status| refused(plugin, attributes, status))?;
    }
    Ok(())
}

/// Judges a change of an object from `old` to `object`; either is missing where there is none.
pub async fn validate(
    around: Surroundings<'_>,
    attributes: &Attributes<'_>,
    old: Option<&Value>,
    object: Option<&Value>,
) -> Result<(), Status> {
    let Surroundings { cache, authorizer } = around;
    for plugin in asked(cache, attributes, Decide::is_validating).await? {
        let lookup = Lookup::new(cache, plugin.looks_up);
        let review = Review { attributes, old, object, lookup, authorizer };
        let decided = match plugin.decide {
            Decide::Validate(decide) => decide(&review),
            Decide::ValidateAsync(decide) => decide(&review).await,
            Decide::Mutate(_) | Decide::MutateAsync(_) => Ok(()),
        };
        decided.inspect_err(|status| refused(plugin, attributes, status))?;
    }
    Ok(())
}

fn refused(plugin: &Plugin, attributes: &Attributes<'_>, status: &Status) {
    tracing::debug!(plugin = plugin.name, user = attributes.user.name, %status, "admission refused a write");
}
