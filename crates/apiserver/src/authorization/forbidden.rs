//! What a client hears of a request that nobody allows
//! (`k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go`).

use crate::user::User;
use api::authorization::Attributes;
use machinery::status::Status;

/// The refusal of a request, with the reason of whoever was asked; it may be empty.
pub fn forbidden(user: &User, request: &Attributes<'_>, reason: &str) -> Status {
    let Attributes { group, resource, name, .. } = *request;
    // A refusal must not look like HTML.
    let message = message(&user.name, request).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let cause = if reason.is_empty() { message } else { format!("{message}: {reason}") };
    match request.path {
        Some(_) => Status::forbidden_path(format!("forbidden: {cause}")),
        None => Status::forbidden_resource(group, resource, name, cause),
    }
}

fn message(user: &str, request: &Attributes<'_>) -> String {
    let Attributes { verb, group, resource, subresource, namespace, .. } = *request;
    if let Some(path) = request.path {
        return format!("User {user:?} cannot {verb} path {path:?}");
    }
    let whole = if subresource.is_empty() { resource.to_owned() } else { format!("{resource}/{subresource}") };
    let scope =
        if namespace.is_empty() { "at the cluster scope".into() } else { format!("in the namespace {namespace:?}") };
    format!("User {user:?} cannot {verb} resource {whole:?} in API group {group:?} {scope}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_reads_like_kubernetes() {
        let log = Attributes {
            verb: "get",
            resource: "pods",
            subresource: "log",
            namespace: "a",
            name: "b",
            ..Attributes::default()
        };
        let list = Attributes { verb: "list", group: "apps", resource: "deployments", ..Attributes::default() };
        let path = Attributes { verb: "get", path: Some("/metrics"), ..Attributes::default() };
        for (request, reason, expected) in [
            (
                log,
                "",
                r#"pods "b" is forbidden: User "system:anonymous" cannot get resource "pods/log" in API group "" in the namespace "a""#,
            ),
            (
                list,
                "RBAC: why",
                r#"deployments.apps is forbidden: User "system:anonymous" cannot list resource "deployments" in API group "apps" at the cluster scope: RBAC: why"#,
            ),
            (path, "", r#"forbidden: User "system:anonymous" cannot get path "/metrics""#),
        ] {
            let status = forbidden(&User::anonymous(), &request, reason);
            assert_eq!((status.code(), status.to_string().as_str()), (403, expected));
        }
        let odd = User { name: "<a&b>".into(), ..User::anonymous() };
        assert!(forbidden(&odd, &path, "").to_string().contains("&lt;a&amp;b&gt;"));
    }
}
