//! The bindings of one subject in one namespace, found by what their roles are about.

use super::{Binding, Policy};
use crate::authorization::Attributes;
use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

/// What rules about paths are found under; no resource is called so.
const PATHS: &str = "/";

/// Bindings in the order of their names.
#[derive(Debug, Default)]
pub(super) struct Bound {
    bindings: Vec<Arc<Binding>>,
    /// Positions of bindings by the resources in the rules of their roles. Made when it is needed, as roles may come
    /// after their bindings.
    index: OnceLock<HashMap<String, Vec<usize>>>,
}

impl Bound {
    /// Takes in a binding; one of that name stays.
    pub(super) fn insert(&mut self, binding: &Arc<Binding>) {
        if let Err(place) = self.bindings.binary_search_by(|other| other.name.cmp(&binding.name)) {
            self.bindings.insert(place, Arc::clone(binding));
            self.forget();
        }
    }

    /// Forgets the binding of that name.
    pub(super) fn remove(&mut self, name: &str) {
        self.bindings.retain(|other| other.name != name);
        self.forget();
    }

    /// Roles have changed.
    pub(super) fn forget(&mut self) {
        self.index = OnceLock::new();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bindings.is_empty()
    }

    /// All bindings.
    pub(super) fn all(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().map(AsRef::as_ref)
    }

    /// The bindings whose roles have rules that are found under these keys.
    pub(super) fn about<'own>(
        &'own self,
        policy: &'own Policy,
        keys: &Keys,
    ) -> impl Iterator<Item = &'own Binding> + use<'own> {
        let index = self.index.get_or_init(|| index(&self.bindings, policy));
        let found = keys.0.each_ref().map(|key| key.as_ref().and_then(|key| index.get(key)));
        found.into_iter().flatten().flatten().filter_map(|place| self.bindings.get(*place)).map(AsRef::as_ref)
    }
}

/// What rules about a request may be found under.
pub(super) struct Keys([Option<String>; 3]);

impl Keys {
    pub(super) fn of(request: &Attributes<'_>) -> Self {
        let Attributes { resource, subresource, .. } = request;
        Self(match (request.is_resource(), subresource.is_empty()) {
            (false, _) => [Some(PATHS.to_owned()), None, None],
            (true, true) => [Some((*resource).to_owned()), Some("*".to_owned()), None],
            (true, false) => {
                [Some(format!("{resource}/{subresource}")), Some("*".to_owned()), Some(format!("*/{subresource}"))]
            }
        })
    }
}

fn index(bindings: &[Arc<Binding>], policy: &Policy) -> HashMap<String, Vec<usize>> {
    let mut index: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, binding) in bindings.iter().enumerate() {
        for rule in policy.rules_by(binding).into_iter().flatten() {
            let paths = (!rule.non_resource_urls.is_empty()).then(|| PATHS.to_owned());
            for key in rule.resources.iter().cloned().chain(paths) {
                let places = index.entry(key).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
    }
    index
}
