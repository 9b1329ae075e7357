//! A binding of a role to subjects.

use machinery::meta;
use serde_json::Value;

/// Which kind of role a binding names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoleKind {
    /// One of the binding's namespace.
    Role,
    /// One of the cluster.
    ClusterRole,
}

/// A `RoleBinding` or `ClusterRoleBinding`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Empty for a cluster role binding.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Which kind of role it names.
    pub role_kind: RoleKind,
    /// Which role.
    pub role: String,
    pub(super) subjects: Vec<Subject>,
}

/// Whom a binding is about. A service account is the user that it acts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    User(String),
    Group(String),
}

impl RoleKind {
    /// As it stands in a `roleRef`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Role => "Role",
            Self::ClusterRole => "ClusterRole",
        }
    }

    /// As it stands in paths.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Role => "roles",
            Self::ClusterRole => "clusterroles",
        }
    }

    /// The kind of a `roleRef`; `None` if it names none.
    #[must_use]
    pub fn of(role_ref: &Value) -> Option<Self> {
        [Self::Role, Self::ClusterRole].into_iter().find(|kind| role_ref["kind"] == kind.name())
    }
}

impl Binding {
    /// Reads a binding; `None` if what it names is no role.
    #[must_use]
    pub fn of(object: &Value) -> Option<Self> {
        let namespace = meta::namespace(object);
        let subjects = object["subjects"].as_array().into_iter().flatten();
        Some(Self {
            namespace: namespace.to_owned(),
            name: meta::name(object).to_owned(),
            role_kind: RoleKind::of(&object["roleRef"])?,
            role: object["roleRef"]["name"].as_str()?.to_owned(),
            subjects: subjects.filter_map(|subject| Subject::of(subject, namespace)).collect(),
        })
    }

    /// By which of its subjects a user has it, in Kubernetes' words (`clusterRoleBindingDescriber`, `describeSubject`).
    #[must_use]
    pub fn source(&self, user: &str, groups: &[String]) -> String {
        let (kind, own) = if self.namespace.is_empty() {
            ("ClusterRoleBinding", self.name.clone())
        } else {
            ("RoleBinding", format!("{}/{}", self.name, self.namespace))
        };
        let subject = self.subjects.iter().find(|subject| subject.is(user, groups)).map(Subject::describe);
        let (role_kind, role) = (self.role_kind.name(), &self.role);
        format!("{kind} {own:?} of {role_kind} {role:?} to {}", subject.unwrap_or_default())
    }
}

impl Subject {
    fn of(subject: &Value, binding_namespace: &str) -> Option<Self> {
        let name = subject["name"].as_str()?;
        match subject["kind"].as_str()? {
            "User" => Some(Self::User(name.to_owned())),
            "Group" => Some(Self::Group(name.to_owned())),
            "ServiceAccount" => {
                let given = subject["namespace"].as_str().filter(|namespace| !namespace.is_empty());
                let namespace = given.unwrap_or(binding_namespace);
                (!namespace.is_empty()).then(|| Self::User(format!("system:serviceaccount:{namespace}:{name}")))
            }
            _ => None,
        }
    }

    fn is(&self, user: &str, groups: &[String]) -> bool {
        match self {
            Self::User(name) => name == user,
            Self::Group(name) => groups.contains(name),
        }
    }

    fn describe(&self) -> String {
        let account = |name: &str| {
            let (namespace, name) = name.strip_prefix("system:serviceaccount:")?.split_once(':')?;
            Some(format!("ServiceAccount \"{name}/{namespace}\""))
        };
        match self {
            Self::User(name) => account(name).unwrap_or_else(|| format!("User {name:?}")),
            Self::Group(name) => format!("Group {name:?}"),
        }
    }
}
