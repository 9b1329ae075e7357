//! Who may do what: the superuser's group, then the node authorizer, then RBAC
//! (`--authorization-mode=Node,RBAC` of the kube-apiserver).

mod forbidden;
mod graph;
mod policy;
mod request;

pub use forbidden::forbidden;
pub use request::Request;

use crate::{
    cache::{Cache, Derived},
    user::User,
};
use api::{
    authorization::Attributes,
    kinds::{CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING},
    node_authorizer::{self, Graph},
    rbac::{Missing, Policy, Rule, bootstrap::cluster_role},
};
use machinery::{kind::Kind, status::Status};
use policy::describe;
use std::sync::Arc;

/// Whoever is in it may do everything.
const SUPERUSERS: &str = "system:masters";

/// What RBAC decides by.
const POLICY: &[Kind] = &[CLUSTER_ROLE, ROLE, CLUSTER_ROLE_BINDING, ROLE_BINDING];

/// Decides about requests, by what the cache holds.
pub struct Authorizer {
    cache: Arc<Cache>,
    policy: Derived<Policy>,
    /// What belongs to which node.
    graph: Derived<Graph>,
    /// What every node may do.
    node_rules: Vec<Rule>,
}

/// What authorizers say of a request, and why; the reason may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It may be done.
    Allow(String),
    /// None of them allows it.
    NoOpinion(String),
}

/// What is known of what a user may do.
pub struct KnownRules {
    pub rules: Vec<Rule>,
    /// Whether it may do more.
    pub incomplete: bool,
    /// What kept more from being known; may be empty.
    pub error: String,
}

impl Authorizer {
    /// Decides by the roles and bindings in a cache.
    pub fn new(cache: Arc<Cache>) -> Self {
        let (policy, graph) = (Derived::new(&cache, POLICY), Derived::new(&cache, graph::KINDS));
        Self { cache, policy, graph, node_rules: cluster_role("system:node") }
    }

    /// Lets a request through or says why not.
    pub async fn authorize(&self, user: &User, request: &Attributes<'_>) -> Result<(), Status> {
        match self.decide(user, request).await? {
            Decision::Allow(_) => Ok(()),
            Decision::NoOpinion(reason) => Err(forbidden(user, request, &reason)),
        }
    }

    /// Decides about a request. Nobody is refused what a write that was answered has granted.
    pub async fn decide(&self, user: &User, request: &Attributes<'_>) -> Result<Decision, Status> {
        let decision = self.decide_now(user, request);
        if matches!(decision, Decision::Allow(_)) {
            return Ok(decision);
        }
        self.cache.catch_up().await?;
        Ok(self.decide_now(user, request))
    }

    /// Whether a user may do everything, whatever the roles say.
    pub fn is_superuser(user: &User) -> bool {
        user.is_member_of(SUPERUSERS)
    }

    /// The rules that a user has in a namespace (empty for none), and what kept others from being found.
    pub async fn rules_of(&self, user: &User, namespace: &str) -> Result<(Vec<Rule>, String), Status> {
        self.cache.catch_up().await?;
        let (rules, missing) = self.policy.read(|policy| policy.rules_of(&user.name, &user.groups, namespace));
        Ok((rules, describe(&missing)))
    }

    /// All that is known of what a user may do in a namespace.
    pub async fn known_rules(&self, user: &User, namespace: &str) -> Result<KnownRules, Status> {
        let (rules, missing) = self.rules_of(user, namespace).await?;
        let is_node = node_authorizer::node_name(&user.name, &user.groups).is_some();
        let of_node = is_node.then(|| "node authorizer does not support user rule resolution".to_owned());
        let errors: Vec<_> = of_node.into_iter().chain(Some(missing)).filter(|error| !error.is_empty()).collect();
        Ok(KnownRules { rules, incomplete: is_node, error: errors.join(", ") })
    }

    /// The rules of a role that a binding in a namespace names.
    pub async fn role(&self, role: &Missing, namespace: &str) -> Result<Vec<Rule>, Missing> {
        let look = || self.policy.read(|policy| policy.role(role.kind, namespace, &role.name).map(<[Rule]>::to_vec));
        // What cannot be brought up to date is looked at as it is: it lacks rules at the most.
        match look() {
            Err(_) if self.cache.catch_up().await.is_ok() => look(),
            found => found,
        }
    }

    /// Decides by what is known already.
    pub fn decide_now(&self, user: &User, request: &Attributes<'_>) -> Decision {
        if Self::is_superuser(user) {
            return Decision::Allow(String::new());
        }
        let as_node = node_authorizer::node_name(&user.name, &user.groups)
            .map(|node| self.graph.read(|graph| node_authorizer::decide(node, request, &self.node_rules, graph)));
        let reason = match as_node {
            Some(Ok(())) => return Decision::Allow(String::new()),
            Some(Err(reason)) => reason,
            None => String::new(),
        };
        self.policy.read(|policy| policy::decide(policy, user, request)).after(reason)
    }
}

impl Decision {
    /// The decision when another authorizer had no opinion before, for this reason.
    fn after(self, reason: String) -> Self {
        match self {
            Self::NoOpinion(own) if own.is_empty() => Self::NoOpinion(reason),
            Self::NoOpinion(own) if !reason.is_empty() => Self::NoOpinion(format!("{reason}\n{own}")),
            decision => decision,
        }
    }
}
