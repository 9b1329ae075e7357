//! Role-based access control as pure functions: what a rule allows, who has which rules, who may grant what, and the
//! roles that every cluster has (`plugin/pkg/auth/authorizer/rbac`, `pkg/registry/rbac/validation`).

pub mod bootstrap;
mod escalation;
mod policy;
pub mod reconciliation;
mod rule;

pub use escalation::{missing, refusal};
pub use policy::{Binding, Missing, Policy, RoleKind};
pub use rule::{Rule, everything, rules};

/// The API group of roles and bindings.
pub const GROUP: &str = "rbac.authorization.k8s.io";
