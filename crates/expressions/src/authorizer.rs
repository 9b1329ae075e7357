//! Authorization checks from within expressions: who answers them is the caller's
//! (k8s.io/apiserver, pkg/cel/library/authz.go).

use std::sync::Arc;

/// Answers whether somebody may do something.
pub trait Authorizer: Send + Sync {
    /// For the user on whose behalf the expression is evaluated, unless the check names a service account.
    fn check(&self, check: &Check) -> Decision;
}

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// Namespace and name, if not the user is asked about but a service account.
    pub service_account: Option<(String, String)>,
    pub verb: String,
    pub what: Subject,
}

/// What something is done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Path(String),
    Resource(Resource),
}

impl Default for Subject {
    fn default() -> Self {
        Self::Resource(Resource::default())
    }
}

/// A resource, as far as the expression says. What it does not say is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    pub group: String,
    pub resource: String,
    pub subresource: String,
    pub namespace: String,
    pub name: String,
    /// As they are written: one that cannot be read does not count.
    pub field_selector: String,
    pub label_selector: String,
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    pub allowed: bool,
    pub reason: String,
    pub error: Option<String>,
}

/// A check on its way from the authorizer to the decision.
#[derive(Clone)]
pub struct Authorization<'a> {
    pub(crate) authorizer: &'a dyn Authorizer,
    pub(crate) service_account: Option<(String, String)>,
    pub(crate) stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Authorizer,
    Path(String),
    Group(String),
    Resource(Resource),
    Decision(Decision),
}

impl<'a> Authorization<'a> {
    pub(crate) fn new(authorizer: &'a dyn Authorizer) -> Self {
        Self { authorizer, service_account: None, stage: Stage::Authorizer }
    }

    pub(crate) fn at(&self, stage: Stage) -> Arc<Self> {
        Arc::new(Self { stage, ..self.clone() })
    }

    pub(crate) fn type_name(&self) -> &'static str {
        match self.stage {
            Stage::Authorizer => "kubernetes.authorization.Authorizer",
            Stage::Path(_) => "kubernetes.authorization.PathCheck",
            Stage::Group(_) => "kubernetes.authorization.GroupCheck",
            Stage::Resource(_) => "kubernetes.authorization.ResourceCheck",
            Stage::Decision(_) => "kubernetes.authorization.Decision",
        }
    }
}

impl PartialEq for Authorization<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::addr_eq(self.authorizer, other.authorizer)
            && self.service_account == other.service_account
            && self.stage == other.stage
    }
}
