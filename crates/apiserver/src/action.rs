//! What a request does: its path and method, held against the kinds that are served.

use crate::{request_info::RequestInfo, target::Target};
use api::kinds::NAMESPACE;
use machinery::{
    catalog::Catalog,
    kind::{Kind, Subresource},
    status::Status,
};

/// What is done to a resource (`k8s.io/apiserver/pkg/endpoints/request/requestinfo.go`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "Kubernetes documents its verbs")]
pub enum Verb {
    Create,
    Delete,
    DeleteCollection,
    Get,
    List,
    Patch,
    Update,
    Watch,
}

/// A request about a resource that is served.
#[derive(Debug)]
pub struct Action {
    /// What is done.
    pub verb: Verb,
    /// To which objects.
    pub target: Target,
    /// To which of them; empty for collections and for objects that are yet to be.
    pub name: String,
    /// To which part of it.
    pub subresource: Option<Subresource>,
    /// What follows the subresource in the path, as it came.
    pub rest: String,
}

impl Verb {
    const ALL: [Self; 8] = [
        Self::Create,
        Self::Delete,
        Self::DeleteCollection,
        Self::Get,
        Self::List,
        Self::Patch,
        Self::Update,
        Self::Watch,
    ];

    /// As it stands in discovery and in roles.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
            Self::Get => "get",
            Self::List => "list",
            Self::Patch => "patch",
            Self::Update => "update",
            Self::Watch => "watch",
        }
    }

    /// Whether it is about a collection and not about one object of a name.
    fn is_plural(self) -> bool {
        matches!(self, Self::DeleteCollection | Self::List)
    }
}

impl Action {
    /// The action that a request asks for; a Status that says what is not served otherwise.
    pub fn resolve(info: &RequestInfo, catalog: &Catalog) -> Result<Self, Status> {
        let kind = catalog.find(&info.group, &info.version, &info.resource).ok_or_else(Status::no_such_resource)?;
        let verb =
            Verb::ALL.into_iter().find(|verb| verb.name() == info.verb).ok_or_else(Status::method_not_allowed)?;
        check_scope(kind, verb, info)?;
        let subresource = match info.subresource.as_str() {
            "" => None,
            name => Some(catalog.subresource(kind, name).ok_or_else(|| missing(kind, name))?.clone()),
        };
        check_verb(kind, subresource.as_ref(), verb, &info.name)?;
        let namespace = if kind.namespaced { info.namespace.clone() } else { String::new() };
        let target = Target { kind: kind.clone(), namespace };
        Ok(Self { verb, target, name: info.name.clone(), subresource, rest: info.rest.clone() })
    }

    /// The subresource's name; empty for the object itself.
    pub fn part(&self) -> &'static str {
        self.subresource.as_ref().map_or("", |subresource| subresource.name)
    }
}

/// Who asks for what Kubernetes has and this server does not (yet) is not to look for a mistake of his own.
fn missing(kind: &Kind, subresource: &str) -> Status {
    if kind.subresource(subresource).is_none() {
        return Status::no_such_resource();
    }
    Status::not_implemented(format!("minke does not do {}/{subresource} yet", kind.resource()))
}

/// Namespaced objects are found in their namespace, or all at once; a namespace's own path names itself.
fn check_scope(kind: &Kind, verb: Verb, info: &RequestInfo) -> Result<(), Status> {
    let everywhere = matches!(verb, Verb::List | Verb::Watch);
    let misplaced = if kind.namespaced {
        info.namespace.is_empty() && !everywhere
    } else {
        !info.namespace.is_empty() && *kind != NAMESPACE
    };
    if misplaced { Err(Status::no_such_resource()) } else { Ok(()) }
}

fn check_verb(kind: &Kind, subresource: Option<&Subresource>, verb: Verb, name: &str) -> Result<(), Status> {
    let served = subresource.map_or(kind.verbs, |subresource| subresource.verbs).contains(&verb.name());
    let names_one = !name.is_empty();
    let fits = match verb {
        Verb::Create => names_one == subresource.is_some(),
        Verb::Watch => subresource.is_none(),
        _ => names_one != verb.is_plural(),
    };
    match (served, fits) {
        (true, true) => Ok(()),
        (true, false) if !names_one => Err(Status::method_not_allowed()),
        _ => Err(Status::method_not_supported(kind, verb.name())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request_info::parse;
    use api::kinds;

    /// Method, path; verb, resource, name, part, or the code of the refusal.
    type Case = (&'static str, &'static str, Result<[&'static str; 4], u16>);

    const CASES: &[Case] = &[
        ("GET", "/api/v1/pods", Ok(["list", "pods", "", ""])),
        ("GET", "/api/v1/namespaces/a/pods/b", Ok(["get", "pods", "b", ""])),
        ("GET", "/api/v1/watch/namespaces/a/pods/b", Ok(["watch", "pods", "b", ""])),
        ("POST", "/api/v1/namespaces/a/pods", Ok(["create", "pods", "", ""])),
        ("POST", "/api/v1/namespaces/a/pods/b/binding", Ok(["create", "pods", "b", "binding"])),
        ("PUT", "/api/v1/namespaces/a/finalize", Ok(["update", "namespaces", "a", "finalize"])),
        ("PATCH", "/apis/apps/v1/namespaces/a/deployments/d/scale", Ok(["patch", "deployments.apps", "d", "scale"])),
        ("GET", "/api/v1/nodes/n/proxy/metrics", Ok(["get", "nodes", "n", "proxy"])),
        ("GET", "/api/v1/pods/b", Err(404)),
        ("POST", "/api/v1/pods", Err(404)),
        ("GET", "/api/v1/namespaces/a/nodes", Err(404)),
        ("GET", "/api/v1/namespaces/a/pods/b/nonsense", Err(404)),
        ("GET", "/api/v1/namespaces/a/widgets", Err(404)),
        ("GET", "/apis/apps/v1/namespaces/a/pods", Err(404)),
        ("PUT", "/api/v1/namespaces/a/pods", Err(405)),
        ("PATCH", "/api/v1/namespaces/a/pods", Err(405)),
        ("POST", "/api/v1/namespaces/a/pods/b", Err(405)),
        ("DELETE", "/api/v1/namespaces/a/pods/b/status", Err(405)),
        ("GET", "/api/v1/namespaces/a/pods/b/binding", Err(405)),
        ("DELETE", "/api/v1/namespaces", Err(405)),
        ("OPTIONS", "/api/v1/namespaces/a/pods", Err(405)),
    ];

    #[test]
    fn a_request_becomes_an_action() {
        let catalog = kinds::served_by_default();
        for (method, path, expected) in CASES {
            let info = parse(&method.parse().unwrap(), path, "");
            let action = Action::resolve(&info, &catalog);
            let got = action
                .as_ref()
                .map_err(Status::code)
                .map(|action| (action.verb.name(), action.target.kind.resource(), action.name.as_str(), action.part()));
            let expected = expected.map(|[verb, resource, name, part]| (verb, resource.to_owned(), name, part));
            assert_eq!(got, expected, "{method} {path}");
        }
    }
}
