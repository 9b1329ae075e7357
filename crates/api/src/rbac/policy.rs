//! All roles and bindings of a cluster, by whom they concern: a decision looks at the bindings of its user alone,
//! however many there are (`pkg/registry/rbac/validation/rule.go` goes through all of them).

mod binding;
mod bound;

pub use binding::{Binding, RoleKind};

use super::Rule;
use crate::authorization::Attributes;
use binding::Subject;
use bound::{Bound, Keys};
use std::{collections::HashMap, sync::Arc};

/// Roles and bindings.
#[derive(Debug, Default)]
pub struct Policy {
    /// By namespace (empty for cluster roles) and name.
    roles: HashMap<String, HashMap<String, Arc<[Rule]>>>,
    users: Grants,
    groups: Grants,
}

/// Bindings by subject, then by namespace (empty for cluster role bindings), in the order of their names.
type Grants = HashMap<String, HashMap<String, Bound>>;

/// A role that a binding names is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its resource: `roles` or `clusterroles`.
    pub kind: RoleKind,
    /// Its name.
    pub name: String,
}

impl Policy {
    /// Takes in a role; `namespace` is empty for a cluster role.
    pub fn put_role(&mut self, namespace: &str, name: &str, rules: Vec<Rule>) {
        self.roles.entry(namespace.to_owned()).or_default().insert(name.to_owned(), rules.into());
        self.forget_indexes();
    }

    /// Forgets a role.
    pub fn remove_role(&mut self, namespace: &str, name: &str) {
        if let Some(roles) = self.roles.get_mut(namespace) {
            roles.remove(name);
        }
        self.forget_indexes();
    }

    /// Takes in a binding that it does not know yet.
    pub fn put_binding(&mut self, binding: Binding) {
        let binding = Arc::new(binding);
        for subject in &binding.subjects {
            let (grants, key) = self.grants(subject);
            grants.entry(key).or_default().entry(binding.namespace.clone()).or_default().insert(&binding);
        }
    }

    /// Forgets a binding that it was given.
    pub fn remove_binding(&mut self, binding: &Binding) {
        for subject in &binding.subjects {
            let (grants, key) = self.grants(subject);
            let Some(namespaces) = grants.get_mut(&key) else { continue };
            if let Some(bindings) = namespaces.get_mut(&binding.namespace) {
                bindings.remove(&binding.name);
            }
            namespaces.retain(|_, bindings| !bindings.is_empty());
            if namespaces.is_empty() {
                grants.remove(&key);
            }
        }
    }

    /// What is found by the rules of roles is to be looked for anew.
    fn forget_indexes(&mut self) {
        let subjects = self.users.values_mut().chain(self.groups.values_mut());
        subjects.flat_map(HashMap::values_mut).for_each(Bound::forget);
    }

    fn grants(&mut self, subject: &Subject) -> (&mut Grants, String) {
        match subject {
            Subject::User(name) => (&mut self.users, name.clone()),
            Subject::Group(name) => (&mut self.groups, name.clone()),
        }
    }

    /// The binding by which a user may do something.
    #[must_use]
    pub fn allowed_by(&self, user: &str, groups: &[String], request: &Attributes<'_>) -> Option<&Binding> {
        let allows = |binding: &&Binding| self.rules_by(binding).is_ok_and(|rules| allow(rules, request));
        let keys = Keys::of(request);
        self.bound(user, groups, request.namespace).flat_map(|bound| bound.about(self, &keys)).find(allows)
    }

    /// All rules that a user has in a namespace (empty for none), and the roles that were not found. Each binding counts
    /// once, those of the cluster first, in the order of their names.
    #[must_use]
    pub fn rules_of(&self, user: &str, groups: &[String], namespace: &str) -> (Vec<Rule>, Vec<Missing>) {
        let mut bindings: Vec<_> = self.bound(user, groups, namespace).flat_map(Bound::all).collect();
        bindings.sort_by_key(|binding| (&binding.namespace, &binding.name));
        bindings.dedup_by_key(|binding| (&binding.namespace, &binding.name));
        let (mut rules, mut missing) = (Vec::new(), Vec::new());
        for binding in bindings {
            match self.rules_by(binding) {
                Ok(found) => rules.extend(found.iter().cloned()),
                Err(absent) => missing.push(absent),
            }
        }
        (rules, missing)
    }

    /// The rules of the role that a binding in `namespace` names. One of the cluster has no role of a namespace, even if
    /// a cluster role has the name.
    pub fn role(&self, kind: RoleKind, namespace: &str, name: &str) -> Result<&[Rule], Missing> {
        let place = match kind {
            RoleKind::ClusterRole => Some(""),
            RoleKind::Role => Some(namespace).filter(|namespace| !namespace.is_empty()),
        };
        let found = place.and_then(|namespace| self.roles.get(namespace)).and_then(|roles| roles.get(name));
        found.map(AsRef::as_ref).ok_or_else(|| Missing { kind, name: name.to_owned() })
    }

    fn rules_by(&self, binding: &Binding) -> Result<&[Rule], Missing> {
        self.role(binding.role_kind, &binding.namespace, &binding.role)
    }

    /// The bindings of the cluster, then those of the namespace, that a user has by its name or a group.
    fn bound<'own, 'asked>(
        &'own self,
        user: &'asked str,
        groups: &'asked [String],
        namespace: &'asked str,
    ) -> impl Iterator<Item = &'own Bound> + use<'own, 'asked> {
        let namespaces = [Some(""), Some(namespace).filter(|namespace| !namespace.is_empty())];
        namespaces.into_iter().flatten().flat_map(move |namespace| {
            let by_name = self.users.get(user).into_iter();
            let by_group = groups.iter().filter_map(|group| self.groups.get(group));
            by_name.chain(by_group).filter_map(move |namespaces| namespaces.get(namespace))
        })
    }
}

fn allow(rules: &[Rule], request: &Attributes<'_>) -> bool {
    rules.iter().any(|rule| rule.allows(request))
}

#[cfg(test)]
mod tests;
