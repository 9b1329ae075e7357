//! Who makes a request.

use std::collections::BTreeMap;

/// An authenticated caller (`k8s.io/apiserver/pkg/authentication/user`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// Such as `system:kube-scheduler`.
    pub name: String,
    /// Such as `system:masters`.
    pub groups: Vec<String>,
    /// What tells users of one name apart over time; mostly empty.
    pub uid: String,
    /// What else is known of the user, such as scopes.
    pub extra: BTreeMap<String, Vec<String>>,
}

impl User {
    /// A user of these groups and of `system:authenticated`.
    pub fn new<G: Into<String>>(name: impl Into<String>, groups: impl IntoIterator<Item = G>) -> Self {
        let mut groups: Vec<String> = groups.into_iter().map(Into::into).collect();
        groups.push("system:authenticated".into());
        Self { name: name.into(), groups, ..Self::default() }
    }

    /// Whoever shows no credentials.
    #[must_use]
    pub fn anonymous() -> Self {
        let groups = vec!["system:unauthenticated".into()];
        Self { name: "system:anonymous".into(), groups, ..Self::default() }
    }

    /// The API server itself.
    #[must_use]
    pub fn api_server() -> Self {
        Self::new("system:apiserver", ["system:masters"])
    }

    /// The scheduler of this process.
    #[must_use]
    pub fn scheduler() -> Self {
        Self::new("system:kube-scheduler", ["system:masters"])
    }

    /// The controllers of this process.
    #[must_use]
    pub fn controller_manager() -> Self {
        Self::new("system:kube-controller-manager", ["system:masters"])
    }

    /// The node agent of this process.
    #[must_use]
    pub fn node(name: &str) -> Self {
        Self::new(format!("system:node:{name}"), ["system:nodes", "system:masters"])
    }

    /// Whoever holds the admin kubeconfig.
    #[must_use]
    pub fn admin() -> Self {
        Self::new("kubernetes-admin", ["system:masters"])
    }

    pub(crate) fn is_member_of(&self, group: &str) -> bool {
        self.groups.iter().any(|own| own == group)
    }
}
