//! Who makes a request.

use machinery::format;
use std::collections::BTreeMap;

/// The name of whoever shows no credentials.
pub const ANONYMOUS: &str = "system:anonymous";
/// Everybody who shows credentials is in it.
pub const AUTHENTICATED: &str = "system:authenticated";
/// Everybody else is.
pub const UNAUTHENTICATED: &str = "system:unauthenticated";
/// Before the name of a node.
pub const NODE_PREFIX: &str = "system:node:";
/// Which node a service account's pod is on, in the extra of its user.
pub const NODE_NAME: &str = "authentication.kubernetes.io/node-name";

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
        groups.push(AUTHENTICATED.into());
        Self { name: name.into(), groups, ..Self::default() }
    }

    /// Whoever shows no credentials.
    #[must_use]
    pub fn anonymous() -> Self {
        Self { name: ANONYMOUS.into(), groups: vec![UNAUTHENTICATED.into()], ..Self::default() }
    }

    /// The API server itself.
    #[must_use]
    pub fn api_server() -> Self {
        Self::new("system:apiserver", ["system:masters"])
    }

    /// The scheduler of this process.
    #[must_use]
    pub fn scheduler() -> Self {
        Self::new("system:kube-scheduler", Vec::<String>::new())
    }

    /// What the controllers of this process have in common.
    #[must_use]
    pub fn controller_manager() -> Self {
        Self::new("system:kube-controller-manager", Vec::<String>::new())
    }

    /// A service account, such as that of a controller.
    #[must_use]
    pub fn service_account(namespace: &str, name: &str) -> Self {
        Self::new(format!("system:serviceaccount:{namespace}:{name}"), service_account_groups(namespace))
    }

    /// The node agent of this process.
    #[must_use]
    pub fn node(name: &str) -> Self {
        Self::new(format!("{NODE_PREFIX}{name}"), ["system:nodes"])
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

/// Namespace and name in `system:serviceaccount:NAMESPACE:NAME`
/// (`k8s.io/apiserver/pkg/authentication/serviceaccount/util.go`, `SplitUsername`).
pub fn service_account(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix("system:serviceaccount:")?.split_once(':')?;
    (format::dns1123_label(namespace).is_empty() && format::dns1123_subdomain(name).is_empty())
        .then_some((namespace, name))
}

/// The groups of service accounts, all and those of a namespace.
pub fn service_account_groups(namespace: &str) -> Vec<String> {
    vec!["system:serviceaccounts".into(), format!("system:serviceaccounts:{namespace}")]
}
